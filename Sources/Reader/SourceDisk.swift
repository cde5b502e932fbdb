public import BlockIO
import Glibc
import SystemPackage

/// A disk, a partition, a disc or a virtual stick, open for reading and nothing else.
public final class SourceDisk: ReadableDisk {
  /// What it was when it was opened.
  private enum Opening: Hashable, Sendable {
    case device(DeviceState)
    case file(FileState)
  }

  private let descriptor: OwnedDescriptor
  private let opening: Opening
  /// The path that it was opened by.
  public let path: String
  /// Size and block sizes.
  public let geometry: BlockGeometry
  /// Whether it is read past the page cache (`O_DIRECT`).
  public let isDirect: Bool
  /// What can be read, in bytes: all whole blocks of a device.
  public let byteCount: UInt64

  /// The block size of a virtual stick, in bytes.
  private static let virtualBlockSize = 512

  /// Opens a device or a virtual stick.
  /// - Parameters:
  ///   - path: the node or the file.
  ///   - number: the device that the path was looked up as; nil for a virtual stick.
  ///   - diskSequence: the medium that it was looked up as, where the kernel tells.
  ///   - isExclusive: whether nobody may mount or otherwise claim the device meanwhile.
  /// - Throws: ``BackupError``.
  public init(
    opening path: String, expecting number: DeviceNumber?, diskSequence: UInt64?,
    exclusively isExclusive: Bool
  ) throws(BackupError) {
    let options: OwnedDescriptor.Options =
      isExclusive && number != nil ? [.noFollow, .exclusive] : [.noFollow]
    let descriptor: OwnedDescriptor
    // Past the page cache where that is possible, so that bad blocks are asked for one by one and once.
    if let direct = try Self.open(path, options.union(.direct)) {
      descriptor = direct
      isDirect = true
    } else if let cached = try Self.open(path, options) {
      descriptor = cached
      isDirect = false
    } else {
      throw .device(SystemCallError(call: "open", errno: .invalidArgument, path: path), offset: nil)
    }
    let opening = try Self.look(at: descriptor, path)
    switch (opening, number) {
    case (.device(let state), let expected?) where state.number == expected:
      geometry = state.geometry
      byteCount = geometry.byteCount - geometry.byteCount % UInt64(max(geometry.logicalBlockSize, 512))
    case (.file(let state), nil):
      geometry = BlockGeometry(
        byteCount: state.byteCount, logicalBlockSize: Self.virtualBlockSize,
        physicalBlockSize: Self.virtualBlockSize, isReadOnly: false, diskSequence: nil)
      byteCount = state.byteCount
    default: throw .replaced
    }
    guard diskSequence == nil || diskSequence == geometry.diskSequence else { throw .replaced }
    self.descriptor = descriptor
    self.opening = opening
    self.path = path
  }

  /// - Returns: nil where the options are impossible, as `O_DIRECT` is for some file systems.
  private static func open(
    _ path: String, _ options: OwnedDescriptor.Options
  ) throws(BackupError) -> OwnedDescriptor? {
    do throws(SystemCallError) { return try OwnedDescriptor(opening: FilePath(path), options) } catch {
      switch error.errno {
      case .invalidArgument: return nil
      case .resourceBusy: throw .busy
      default: throw .device(error, offset: nil)
      }
    }
  }

  private static func look(
    at descriptor: borrowing OwnedDescriptor, _ path: String
  ) throws(BackupError) -> Opening {
    do throws(SystemCallError) {
      let state = try FileState(of: descriptor, path: path)
      switch state.kind {
      case .blockDevice(let number): return .device(try DeviceState(of: descriptor, number: number))
      case .regular: return .file(state)
      default: break
      }
    } catch { throw .device(error, offset: nil) }
    throw .replaced
  }

  /// The smallest unit that can be read, in bytes.
  public var blockSize: Int { max(geometry.logicalBlockSize, Self.virtualBlockSize) }

  /// Whether the kernel still has the device.
  public var isPresent: Bool {
    switch opening {
    case .device(let state): DeviceState.isPresent(state.number)
    case .file: true
    }
  }

  /// Reads whole blocks.
  public func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    do throws(SystemCallError) {
      let count = try descriptor.read(at: offset, into: &buffer, range: range)
      if count < range.count { try descriptor.requirePresent(after: "pread") }
      return count
    } catch { throw descriptor.readingCause(of: error, geometry.diskSequence) }
  }

  /// Looks whether it is still the medium that was opened (R29).
  /// - Returns: how many bytes were written to it meanwhile, as far as that can be told; nil for a file that was
  ///   changed in any way.
  /// - Throws: ``BackupError/replaced`` for another medium.
  public func changedByteCount() throws(BackupError) -> UInt64? {
    switch (opening, try Self.look(at: descriptor, path)) {
    case (.device(let then), .device(let now)) where now.geometry == then.geometry && isPresent:
      return now.changedByteCount(since: then)
    case (.file(let then), .file(let now)): return now == then ? 0 : nil
    default: throw .replaced
    }
  }
}
