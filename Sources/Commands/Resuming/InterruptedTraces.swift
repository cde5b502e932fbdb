import BlockIO
import DeviceSafety
import ImageSource
import UndoStore
import Writer

/// What a write that was interrupted leaves on a disk, by which a disk without a number of its own is known again.
///
/// The journal only says how far it came at most; the image says what must be there then. What is found is no reason to
/// believe anything else of the disk: it is compared and proven like any other.
struct InterruptedTraces {
  /// The image that was being written.
  let image: any ImageSource
  /// How far the write came at most, in bytes.
  let upTo: UInt64

  /// What is withheld until all else is proven is still zero at least so far, in bytes.
  private static let withheld = 64 << 10
  /// How much is compared at once, in bytes.
  private static let piece = 1 << 20
  /// How many pieces are looked at, from the first one on that is not withheld.
  private static let mostPieces: UInt64 = 64

  /// Whether a disk holds them: its head is still withheld, and something behind that is the image's.
  func areFound<Source: UndoSource & ~Copyable>(on disk: borrowing Source) throws(SystemCallError) -> Bool {
    var found = AlignedBuffer(byteCount: Self.piece)
    guard try disk.read(at: 0, into: &found, range: 0..<Self.withheld) == Self.withheld,
      found.isZero(0..<Self.withheld), let stream = try? image.start(),
      (try? stream.skip(WritePlan.edgeByteCount)) != nil
    else { return false }
    defer { stream.abandon() }
    var expected = AlignedBuffer(byteCount: Self.piece)
    for number in 0..<Self.mostPieces {
      let place = WritePlan.edgeByteCount + number * UInt64(Self.piece)
      guard place + UInt64(Self.piece) <= upTo, !Task.isCancelled,
        let count = try? stream.read(into: &expected, range: 0..<Self.piece), count == Self.piece,
        try disk.read(at: place, into: &found, range: 0..<Self.piece) == Self.piece
      else { return false }
      if !expected.isUniform, expected.firstDifference(from: found, in: 0..<count) == nil { return true }
    }
    return false
  }
}

extension AlignedBuffer {
  /// Whether all of it is one byte over and over, as on media that were never written.
  fileprivate var isUniform: Bool {
    let bytes = copied(0..<byteCount)
    return bytes.allSatisfy { $0 == bytes[0] }
  }
}

extension PartyMember {
  /// Refuses a disk that only looks like the one that a run was interrupted on; nothing has been written to it.
  func requireTraces(of image: any ImageSource) throws(Refusal) {
    guard let resumed = order.resumed, order.isResumedByContent else { return }
    let traces = InterruptedTraces(image: image, upTo: resumed.progress.upTo)
    let areFound = try pending.lend { pending throws(Refusal) in
      do throws(SystemCallError) { return try traces.areFound(on: pending) } catch {
        throw order.refusal(.system(error), signal: session.context.stopSignal())
      }
    }
    guard areFound == true else { throw Refusal(diagnostic: .resumeUnknownAgain(order.target)) }
  }
}
