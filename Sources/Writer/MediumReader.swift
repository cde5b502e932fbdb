public import BlockIO
public import BlockMap
public import DeviceSafety
public import ImageSource
import SystemPackage

/// Why a medium cannot be compared with an image.
public enum VerifyError: Error, Hashable, Sendable {
  /// The image could not be read, or changed meanwhile.
  case image(ImageSourceError)
  /// The medium could not be opened or read; the offset in bytes where one is known.
  case device(SystemCallError, offset: UInt64?)
  /// The file system under a virtual stick reads through the page cache only, so that nothing is proven.
  case noDirectIO(path: String)
  /// It is neither a block device nor a regular file.
  case wrongKind(path: String)
  /// The medium is shorter than the image: what is known of its length, and the medium's in bytes.
  case tooSmall(image: ImageLength, capacity: UInt64)
  /// The image is not the one that the map describes.
  case map(MapMismatch)
  /// This machine's libcrypto is forbidden to compute the digests of the map.
  case digestForbidden(DigestAlgorithm)
  /// It is no longer the medium that was looked up.
  case changed(path: String)
  /// The run was cancelled.
  case cancelled
}

/// A medium opened for reading past every cache, without a claim on it.
public struct MediumReader: ~Copyable, Sendable {
  private let descriptor: OwnedDescriptor
  /// The path that it was opened by.
  public let path: String
  /// Its size and block sizes.
  public let geometry: BlockGeometry
  /// What is behind the descriptor.
  public let state: FileState

  /// The block size that a virtual stick pretends to have, in bytes.
  private static let virtualBlockSize = 512

  /// Opens a block device or a virtual stick.
  /// - Parameters:
  ///   - path: the node or the file.
  ///   - number: the device that the path was looked up as; nil for a virtual stick.
  ///   - diskSequence: the medium that it was looked up as, where the kernel tells.
  ///   - isExclusive: whether nobody may mount or otherwise claim the device meanwhile; where somebody has, the opening
  ///     fails with `EBUSY`.
  public init(
    opening path: String, expecting number: DeviceNumber?, diskSequence: UInt64?,
    exclusively isExclusive: Bool = false
  ) throws(VerifyError) {
    let claim: OwnedDescriptor.Options = isExclusive && number != nil ? [.exclusive] : []
    let descriptor = try Self.open(path, claim)
    let (state, geometry) = try Self.describe(descriptor, path: path)
    switch (state.kind, number) {
    case (.blockDevice(let found), let expected?) where found == expected: break
    case (.regular, nil): break
    case (.blockDevice, _), (.regular, _): throw .changed(path: path)
    default: throw .wrongKind(path: path)
    }
    guard diskSequence == nil || diskSequence == geometry.diskSequence else { throw .changed(path: path) }
    self.descriptor = descriptor
    self.state = state
    self.geometry = geometry
    self.path = path
  }

  private static func open(
    _ path: String, _ claim: OwnedDescriptor.Options
  ) throws(VerifyError) -> OwnedDescriptor {
    do throws(SystemCallError) {
      return try OwnedDescriptor(opening: FilePath(path), claim.union([.direct, .noFollow]))
    } catch {
      if error.errno == .invalidArgument { throw .noDirectIO(path: path) }
      throw .device(error, offset: nil)
    }
  }

  private static func describe(
    _ descriptor: borrowing OwnedDescriptor, path: String
  ) throws(VerifyError) -> (FileState, BlockGeometry) {
    do throws(SystemCallError) {
      let state = try FileState(of: descriptor, path: path)
      if case .blockDevice = state.kind { return (state, try BlockGeometry(of: descriptor)) }
      let geometry = BlockGeometry(
        byteCount: state.byteCount, logicalBlockSize: virtualBlockSize,
        physicalBlockSize: virtualBlockSize, isReadOnly: false, diskSequence: nil)
      return (state, geometry)
    } catch { throw .device(error, offset: nil) }
  }

  /// Reads past every cache until the range is full or the medium ends.
  public func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int {
    do throws(SystemCallError) {
      let count = try descriptor.read(at: offset, into: &buffer, range: range)
      if count < range.count { try descriptor.requirePresent(after: "pread") }
      return count
    } catch { throw descriptor.readingCause(of: error, geometry.diskSequence) }
  }

  /// Compares what is behind the descriptor with what was opened.
  public func compareIdentity() throws(RecheckError) {
    let now: BlockGeometry
    do throws(VerifyError) { now = try Self.describe(descriptor, path: path).1 } catch {
      guard case .device(let failure, _) = error else { throw .changed(.device) }
      throw .system(failure)
    }
    guard now.diskSequence == geometry.diskSequence else {
      throw .changed(.medium(expected: geometry.diskSequence, found: now.diskSequence))
    }
    guard now.byteCount == geometry.byteCount else {
      throw .changed(.size(expected: geometry.byteCount, found: now.byteCount))
    }
  }

  /// What was read may be of two media, where the second one came between two requests (R29).
  func requireSameMedium() throws(VerifyError) {
    do throws(RecheckError) { try compareIdentity() } catch {
      guard case .system(let failure) = error else { throw .changed(path: path) }
      throw .device(failure, offset: nil)
    }
  }
}
