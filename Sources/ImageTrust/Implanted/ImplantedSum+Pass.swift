import BlockIO

/// What came of a checksum inside an image.
public enum ImplantedOutcome: Hashable, Sendable {
  /// It is right.
  case matches(ImplantedSum)
  /// The image has another one.
  case wrong(ImplantedSum, found: [UInt8])
  /// The image ends before what it covers, after so many bytes.
  case cutOff(ImplantedSum, after: UInt64)
  /// This machine's libcrypto is forbidden to compute its digest.
  case forbidden(ImplantedSum)

  /// The checksum.
  public var sum: ImplantedSum {
    switch self {
    case .matches(let sum), .wrong(let sum, _), .cutOff(let sum, _), .forbidden(let sum): sum
    }
  }

  /// Whether it shows that the image is damaged.
  public var isWrong: Bool {
    switch self {
    case .wrong, .cutOff: true
    case .matches, .forbidden: false
    }
  }
}

extension ImplantedSum {
  /// Compares the checksum with bytes that come in order.
  final class Pass {
    private var sum: ImplantedSum
    private let digest: RunningDigest?
    private var offset: UInt64 = 0
    /// As much of a filling as is taken at once.
    private static let step = 4096

    init(_ sum: ImplantedSum) {
      self.sum = sum
      digest = RunningDigest(sum.checksum.algorithm)
    }

    /// Adds the bytes that come next; those behind the end of what counts change nothing.
    func update(_ bytes: RawSpan) {
      let start = offset
      offset += UInt64(bytes.byteCount)
      let end = min(offset, sum.byteCount)
      var position = start
      while position < end {
        let filling = sum.fillings.first { $0.range.upperBound > position }
        if let filling, filling.range.contains(position) {
          let next = min(end, filling.range.upperBound)
          fill(Int(next - position), with: filling.byte)
          if filling.range == sum.signaturePlace, !sum.isSigned {
            var content: [UInt8] = []
            content.append(bytes.extracting(Int(position - start)..<Int(next - start)))
            sum.isSigned = content.contains { $0 != 0 }
          }
          position = next
        } else {
          let next = min(end, filling?.range.lowerBound ?? end)
          digest?.update(bytes.extracting(Int(position - start)..<Int(next - start)))
          position = next
        }
      }
    }

    private func fill(_ count: Int, with byte: UInt8) {
      let filling = [UInt8](repeating: byte, count: min(count, Self.step))
      filling.withRawSpan { bytes in
        for done in stride(from: 0, to: count, by: Self.step) {
          digest?.update(bytes.extracting(0..<min(Self.step, count - done)))
        }
      }
    }

    func finish() -> ImplantedOutcome {
      guard offset >= sum.byteCount else { return .cutOff(sum, after: offset) }
      guard let digest else { return .forbidden(sum) }
      let found = digest.finish()
      return found == sum.checksum.bytes ? .matches(sum) : .wrong(sum, found: found)
    }
  }
}
