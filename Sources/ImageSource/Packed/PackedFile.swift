import BlockIO
import Synchronization
import Unpacking

/// What is decoded: a file, with the length that it has at the beginning (what it grows by is no part of it), or a
/// pipe that brings a file's bytes in order.
final class PackedFile: PackedInput {
  private let descriptor: OwnedDescriptor
  let isInOrder: Bool
  /// What has been read of a pipe to be looked at, from the first byte on.
  private let beginning = Mutex<[UInt8]>([])
  /// Of a pipe more than any file has: only its end tells.
  let byteCount: UInt64

  init(adopting number: CInt) throws(SystemCallError) {
    let descriptor = OwnedDescriptor(adopting: number)
    let state = try FileState(of: descriptor)
    isInOrder = state.kind == .fifo
    byteCount =
      switch state.kind {
      case .blockDevice: try BlockGeometry(of: descriptor).byteCount
      case .fifo: .max
      default: state.byteCount
      }
    self.descriptor = descriptor
  }

  /// The first bytes; fewer than are wanted only where there are no more: whoever feeds a pipe has filled it before.
  func head(_ count: Int) throws(ByteReadError) -> [UInt8] {
    guard isInOrder else { return try prefix(at: 0, upTo: count) }
    return try beginning.withLock { beginning throws(ByteReadError) in
      if beginning.isEmpty {
        beginning = [UInt8](repeating: 0, count: count)
        do throws(SystemCallError) {
          beginning.removeLast(count - (try descriptor.readSome(into: &beginning, from: 0)))
        } catch { throw .system(error, offset: 0) }
      }
      return beginning
    }
  }

  func bytes(at offset: UInt64, count: Int) throws(ByteReadError) -> [UInt8] {
    try requireInBounds(offset: offset, count: count)
    guard !isInOrder else {
      // What comes later would be missing then where it is decoded.
      let seen = beginning.withLock(\.self)
      guard offset + UInt64(count) <= seen.byteCount else { throw .notLookedAt(offset: seen.byteCount) }
      return try seen.bytes(at: offset, count: count)
    }
    var bytes = [UInt8](repeating: 0, count: count)
    let done: Int
    do throws(SystemCallError) { done = try descriptor.read(at: offset, into: &bytes) } catch {
      throw .system(error, offset: offset)
    }
    guard done == count else {
      throw .outOfBounds(offset: offset, count: count, available: offset + UInt64(done))
    }
    return bytes
  }

  func read(at offset: UInt64, into output: inout MutableRawSpan) throws(ByteReadError) -> Int {
    do throws(SystemCallError) {
      guard isInOrder else { return try descriptor.read(at: offset, into: &output) }
      var seen = beginning.withLock(\.self).dropFirst(Int(clamping: offset))
      let done = seen.move(into: &output)
      var room = output._mutatingExtracting(done...)
      return done + (try descriptor.readOn(into: &room))
    } catch { throw .system(error, offset: offset) }
  }
}
