/// The pieces of a range, each ending on a multiple of ``WritePlan/pieceByteCount``.
public struct BodyPieces: RandomAccessCollection, Hashable, Sendable {
  private let start: UInt64
  private let end: UInt64
  /// The first index.
  public let startIndex = 0
  /// One past the last index.
  public let endIndex: Int

  init(start: UInt64, end: UInt64) {
    self.start = start
    self.end = end
    let size = UInt64(WritePlan.pieceByteCount)
    endIndex = start >= end ? 0 : Int((end - 1) / size - start / size) + 1
  }

  /// The byte range of a piece.
  public subscript(position: Int) -> Range<UInt64> {
    let size = UInt64(WritePlan.pieceByteCount)
    let lower = (start / size + UInt64(position)) * size
    return Swift.max(lower, start)..<Swift.min(lower + size, end)
  }
}

extension UInt64 {
  /// The largest multiple of `step` that is not above the number.
  func rounded(downTo step: UInt64) -> UInt64 { self - self % step }

  /// The smallest multiple of `step` that is not below the number, or the largest there is.
  func rounded(upTo step: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(step - 1)
    return (overflow ? UInt64.max : sum).rounded(downTo: step)
  }
}
