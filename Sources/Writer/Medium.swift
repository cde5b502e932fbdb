import BlockIO
import DeviceSafety
import Glibc
import SystemPackage

/// What reading needs of a medium.
protocol ReadableMedium: Sendable {
  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int
  /// Compares it with what was opened, by what the kernel knows of it: nothing is read.
  func compareIdentity() throws(RecheckError)
  /// Finds out, at the end of a run, whether a request failed because the medium is gone, or the device.
  func cause(of failure: SystemCallError) -> SystemCallError
}

extension ReadableMedium {
  func cause(of failure: SystemCallError) -> SystemCallError { failure }

  /// The same for what has become of the medium: the kernel counts another one too where none is there any more.
  func cause(of error: RecheckError) -> RecheckError {
    switch error {
    case .system(let failure): return .system(cause(of: failure))
    case .changed(.medium), .changed(.size):
      let other = SystemCallError(call: "ioctl BLKGETDISKSEQ", errno: Errno(rawValue: EMEDIUMTYPE))
      let cause = cause(of: other)
      return cause == other ? error : .system(cause)
    case .changed, .inUse: return error
    }
  }
}

/// What the pipeline needs of a target; tests put faulty ones in its place.
protocol Medium: ReadableMedium {
  func write(_ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError)
  func flush() throws(SystemCallError) -> CacheFlush
  func recheck() throws(RecheckError)
  /// The same, unless that was done only just now: what is open is compared in any case.
  func recheckIfStale() throws(RecheckError)
}

extension Medium {
  func recheckIfStale() throws(RecheckError) { try recheck() }

  /// Makes sure, after a request has failed, that the next one reaches the medium that was confirmed (R29).
  ///
  /// Where the card in a reader was changed, the kernel fails every request until it has looked at the new card, and
  /// counts another medium only then. So something is read first: where that succeeds, nothing of the kind is pending.
  /// A drive that is gone counts as another medium too, but gives nothing any more.
  /// - Parameter places: what is read, in order; the first that can be is enough.
  func requireSame(reading places: [Range<UInt64>]) throws(RecheckError) {
    do throws(RecheckError) { try compareIdentity() } catch {
      guard case .changed(.medium) = error, let failure = failure(reading: places) else { throw error }
      throw .system(failure)
    }
    if let failure = failure(reading: places) { throw .system(failure) }
    try compareIdentity()
  }

  /// Reads the first of some places that can be read; why none of them can.
  private func failure(reading places: [Range<UInt64>]) -> SystemCallError? {
    guard let most = places.map(\.count).max() else { return nil }
    var memory = AlignedBuffer(byteCount: max(AlignedBuffer.alignment, most))
    var failure: SystemCallError?
    for place in places {
      do throws(SystemCallError) {
        _ = try read(at: place.lowerBound, into: &memory, range: 0..<place.count)
        return nil
      } catch {
        failure = error
        if !error.isMediumTrouble { break }
      }
    }
    return failure
  }
}

/// The approved target, shared by the two lanes that write to it.
final class HeldTarget: Medium {
  private let target: ApprovedTarget

  init(_ target: consuming ApprovedTarget) { self.target = target }

  func write(_ memory: borrowing AlignedBuffer, range: Range<Int>, at offset: UInt64) throws(SystemCallError)
  {
    try target.write(memory, range: range, at: offset)
  }

  func read(
    at offset: UInt64, into memory: inout AlignedBuffer, range: Range<Int>
  ) throws(SystemCallError) -> Int { try target.read(at: offset, into: &memory, range: range) }

  func flush() throws(SystemCallError) -> CacheFlush { try target.flush() }

  func recheck() throws(RecheckError) { try target.recheck() }

  func recheckIfStale() throws(RecheckError) { try target.recheck(ifOlderThan: TargetGate.freshness) }

  func compareIdentity() throws(RecheckError) { try target.compareIdentity() }

  func cause(of failure: SystemCallError) -> SystemCallError { target.cause(of: failure) }

  /// Lends it to somebody who does not write an image to it.
  func lend(to body: (borrowing ApprovedTarget) -> Void) { body(target) }

  func finish() throws(SystemCallError) { try target.publishPartitions() }
}
