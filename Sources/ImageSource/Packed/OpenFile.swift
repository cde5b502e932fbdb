import BlockIO
import Synchronization

/// A file that a decoder reads, with a place of its own.
final class OpenFile: Sendable {
  /// How far ahead of the decoder the kernel is asked to read, in bytes: it decodes and reads by turns.
  private static let lead: UInt64 = 8 << 20

  let descriptor: OwnedDescriptor
  /// What has been asked for and is not used yet.
  private let window = Mutex<Range<UInt64>>(0..<0)

  init(_ descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
    self.descriptor.willReadSequentially()
  }

  /// Looks after the page cache: a file is read once and must not push out what others need.
  func didRead(upTo place: UInt64) {
    // A file of that length is none that a system has.
    let end = min(place, .max - Self.lead)
    window.withLock { window in
      guard end > window.lowerBound else { return }
      descriptor.dropCached(window.lowerBound..<end)
      let next = max(window.upperBound, end)..<(end + Self.lead)
      descriptor.willRead(next)
      window = end..<next.upperBound
    }
  }

  /// What has become of the file, where it is to blame for what a decoder said of it.
  func failure(expecting byteCount: UInt64?) -> ImageSourceError? {
    guard let byteCount, let now = try? FileState(of: descriptor), now.kind == .regular,
      now.byteCount < byteCount
    else { return nil }
    return .shrank(expected: byteCount, found: now.byteCount)
  }
}
