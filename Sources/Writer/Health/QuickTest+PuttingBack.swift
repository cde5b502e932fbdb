import BlockIO
import DeviceSafety

extension QuickTest {
  /// Where some of what was saved belongs, ascending.
  static func places(of saved: [Saved]) -> [Range<UInt64>] {
    saved.map(\.place).sorted { $0.lowerBound < $1.lowerBound }
  }

  /// Puts back what was there, whatever has happened, and looks whether it is.
  ///
  /// Onto the medium that it was read from, and no other one (R31): of a place that shows neither a mark nor what was
  /// there, nobody knows whose it is, and it is left as it is found.
  func putBack(_ changed: [Saved]) throws(TestStop) -> TestedState {
    do throws(RecheckError) {
      try medium.requireSame(reading: plan.touchstones + places.marks.prefix(1))
    } catch { throw .identity(error) }
    var memory = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    var found = AlignedBuffer(byteCount: WritePlan.pieceByteCount)
    for one in changed where isOurs(one, &found) { try put(one, &memory) }
    let isFlushed = (try? medium.flush()) != nil
    var failed: [Saved] = []
    for one in changed {
      if !isFlushed || !holds(one, &memory, &found) { failed.append(one) }
      progress.advance(by: one.place.count)
    }
    return failed.isEmpty ? .restored : .notRestored(Self.places(of: failed))
  }

  private func put(_ one: Saved, _ memory: inout AlignedBuffer) throws(TestStop) {
    guard let bytes = one.bytes else { return }
    memory.copy(from: bytes.span, at: 0)
    do throws(SystemCallError) {
      try medium.write(memory, range: bytes.indices, at: one.place.lowerBound)
    } catch {
      // Whether it is there is found when it is read.
      try tolerateWrite(error, at: one.place.lowerBound)
    }
  }

  /// Whether a place holds something that this test has written, as far as it can be read.
  ///
  /// Some readers do not tell of a card that is changed while a request is under way.
  private func isOurs(_ one: Saved, _ found: inout AlignedBuffer) -> Bool {
    guard let bytes = one.bytes else { return false }
    guard let count = try? medium.read(at: one.place.lowerBound, into: &found, range: bytes.indices),
      count == bytes.count
    else { return true }
    return stride(from: 0, to: count, by: TestPattern.sectorByteCount).contains {
      pattern.owner(of: found, at: $0) != nil
    }
  }

  private func holds(_ one: Saved, _ memory: inout AlignedBuffer, _ found: inout AlignedBuffer) -> Bool {
    guard let bytes = one.bytes else { return false }
    memory.copy(from: bytes.span, at: 0)
    guard let count = try? medium.read(at: one.place.lowerBound, into: &found, range: bytes.indices),
      count == bytes.count
    else { return false }
    return memory.firstDifference(from: found, in: bytes.indices) == nil
  }
}
