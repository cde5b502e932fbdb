public import BlockIO
import Synchronization
import SystemPackage

/// A raw image: a regular file, or a block device opened for reading, as it is.
public final class RawImage: SuppliedFile {
  private let descriptor: OwnedDescriptor
  private let opened: FileState
  /// The device behind it; nil for a file.
  private let device: DeviceState?
  /// The path that it was opened by.
  public let path: String
  /// The length in bytes when it was opened.
  public let byteCount: UInt64
  /// What the file was when it was opened.
  public var state: FileState? { opened }

  /// Opens an image for reading; whatever the path names is looked at before it is read.
  /// - Parameters:
  ///   - path: the file.
  ///   - acceptsDevice: whether a block device will do as well as a regular file.
  /// - Throws: ``ImageSourceError``; a FIFO or a character device does not block.
  public init(opening path: String, acceptsDevice: Bool) throws(ImageSourceError) {
    do throws(SystemCallError) {
      let descriptor = try OwnedDescriptor(opening: FilePath(path), [.nonBlocking])
      opened = try FileState(of: descriptor, path: path)
      device =
        if case .blockDevice(let number) = opened.kind {
          try DeviceState(of: descriptor, number: number)
        } else { nil }
      byteCount = device?.geometry.byteCount ?? opened.byteCount
      self.descriptor = descriptor
    } catch {
      if [.noSuchFileOrDirectory, .notDirectory].contains(error.errno) { throw .notFound(path: path) }
      // Of a socket, open(2) says no more than that there is no such device.
      if error.errno == .noSuchAddressOrDevice, let kind = try? FileState(at: FilePath(path)).kind {
        throw .wrongKind(path: path, kind: kind)
      }
      throw .system(error, offset: nil)
    }
    self.path = path
    switch opened.kind {
    case .regular: break
    case .blockDevice where acceptsDevice: break
    default: throw .wrongKind(path: path, kind: opened.kind)
    }
    guard byteCount > 0 else { throw Self.fault(ofLengthless: descriptor, path) }
    descriptor.willReadSequentially()
  }

  /// Why a file without a length is no image: there is nothing in it, or, as under `/proc`, its length is not stated.
  private static func fault(ofLengthless file: borrowing OwnedDescriptor, _ path: String) -> ImageSourceError
  {
    var byte: [UInt8] = [0]
    do throws(SystemCallError) {
      return try file.read(at: 0, into: &byte) == 0 ? .empty(path: path) : .lengthless(path: path)
    } catch { return .system(error, offset: 0) }
  }

  /// Its length was taken when it was opened.
  public var length: ImageLength { .exact(byteCount) }
  /// The length in bytes.
  public var fileByteCount: UInt64? { byteCount }
  /// Nothing: all of it can be looked at.
  public var seenByteCount: UInt64? { nil }

  /// Begins to read at the first byte.
  public func start() throws(ImageSourceError) -> any ImageStream { RawImageStream(self) }

  /// Reads, and gives the page cache back: an image is read once and must not push out what others need.
  fileprivate func read(
    at offset: UInt64, into buffer: inout AlignedBuffer, range: Range<Int>
  ) throws(ImageSourceError) -> Int {
    do throws(SystemCallError) {
      let count = try descriptor.read(at: offset, into: &buffer, range: range)
      descriptor.dropCached(offset..<(offset + UInt64(count)))
      return count
    } catch { throw .system(error, offset: offset) }
  }

  /// Compares size, times and inode of a file with those at the opening; of a device everything that tells it from
  /// another one, and how much has been written to it (R29).
  public func requireUnchanged() throws(ImageSourceError) {
    if let device { return try requireUnchanged(device) }
    let now: FileState
    do throws(SystemCallError) { now = try FileState(of: descriptor, path: path) } catch {
      throw .system(error, offset: nil)
    }
    if now.byteCount < opened.byteCount {
      throw .shrank(expected: opened.byteCount, found: now.byteCount)
    }
    guard now == opened else { throw .changed(path: path) }
    // The path may name another file by now; what was written then is not what it names.
    let named: FileState
    do throws(SystemCallError) {
      named = try FileState(of: OwnedDescriptor(opening: FilePath(path), [.pathOnly]), path: path)
    } catch { throw .changed(path: path) }
    guard named.inode == opened.inode, named.fileSystem == opened.fileSystem else {
      throw .changed(path: path)
    }
  }

  /// What a disk gives may be another thing each time.
  public var noticesChanges: Bool { device == nil }

  /// The times of a node say nothing of what is behind it.
  private func requireUnchanged(_ opened: DeviceState) throws(ImageSourceError) {
    let now: DeviceState
    do throws(SystemCallError) { now = try DeviceState(of: descriptor, number: opened.number) } catch {
      throw .system(error, offset: nil)
    }
    guard now.geometry == opened.geometry, DeviceState.isPresent(opened.number),
      now.changedByteCount(since: opened) == 0
    else { throw .changed(path: path) }
  }

  /// The parts of the file that are no holes, ascending; nil where there are more than a limit.
  public func dataRanges(limit: Int) throws(ImageSourceError) -> [Range<UInt64>]? {
    let file = try reopened()
    do throws(SystemCallError) { return try file.dataRanges(upTo: byteCount, limit: limit) } catch {
      throw .system(error, offset: nil)
    }
  }

  /// The same file, opened once more for reading: what is at the path by now does not matter.
  public func reopened() throws(ImageSourceError) -> OwnedDescriptor {
    do throws(SystemCallError) {
      return try OwnedDescriptor(opening: FilePath("/proc/self/fd/\(descriptor.rawValue)"), [.nonBlocking])
    } catch { throw .system(error, offset: nil) }
  }
}

/// One pass over a raw image.
private final class RawImageStream: ImageStream {
  private let image: RawImage
  private let offset = Atomic<UInt64>(0)

  init(_ image: RawImage) { self.image = image }

  var consumedByteCount: UInt64 { offset.load(ordering: .relaxed) }

  /// Reads as many bytes as the file had when it was opened, no more: what it has grown by is no part of it.
  func read(into buffer: inout AlignedBuffer, range: Range<Int>) throws(ImageSourceError) -> Int {
    let start = consumedByteCount
    let wanted = Int(min(UInt64(range.count), image.byteCount - start))
    guard wanted > 0 else { return 0 }
    let count = try image.read(at: start, into: &buffer, range: range.prefix(wanted))
    let end = start + UInt64(count)
    guard count == wanted else { throw .shrank(expected: image.byteCount, found: end) }
    offset.store(end, ordering: .relaxed)
    return count
  }

  func skip(_ count: UInt64) {
    let start = consumedByteCount
    offset.store(start + min(count, image.byteCount - start), ordering: .relaxed)
  }
}
