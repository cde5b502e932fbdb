import BlockIO
import Decompression
import SystemPackage

/// How a decoder tells its reader why there will be no image: a kind, two numbers, and the name of a call.
extension PackedImageError {
  private static let longestName = 64
  /// The longest form, in bytes.
  static let longestPayload = 17 + longestName

  /// The error as bytes; one that only the reader can have is none.
  var payload: [UInt8] {
    switch self {
    case .decoding(let error): Self.payload(error)
    case .unreadable(let error, let offset): Self.payload(9, Self.number(error), offset, error.call)
    case .unconfined(let error): Self.payload(10, Self.number(error), 0, error.call)
    case .unrecognised: Self.payload(11)
    case .decoder, .senseless, .cancelled: []
    }
  }

  /// Reads an error; nil for anything that ``payload`` never gives.
  init?(payload: [UInt8]) {
    guard payload.count >= 17, payload.count <= Self.longestPayload else { return nil }
    let numbers = (UInt64(littleEndianBytes: payload[1..<9]), UInt64(littleEndianBytes: payload[9..<17]))
    let error = SystemCallError(
      call: String(decoding: payload[17...], as: UTF8.self),
      errno: Errno(rawValue: CInt(truncatingIfNeeded: numbers.0)))
    switch payload[0] {
    case 9: self = .unreadable(error, offset: numbers.1)
    case 10: self = .unconfined(error)
    case 11: self = .unrecognised
    case let kind:
      guard let error = Self.error(kind, numbers.0, numbers.1) else { return nil }
      self = .decoding(error)
    }
  }

  private static func payload(
    _ kind: UInt8, _ first: UInt64 = 0, _ second: UInt64 = 0, _ name: String = ""
  ) -> [UInt8] {
    [kind] + first.littleEndianBytes + second.littleEndianBytes + name.utf8.prefix(longestName)
  }

  private static func number(_ error: SystemCallError) -> UInt64 {
    UInt64(truncatingIfNeeded: error.errno.rawValue)
  }

  private static func payload(_ error: DecodingError) -> [UInt8] {
    switch error {
    case .corrupt(let offset): payload(0, offset)
    case .checksumWrong(let offset): payload(1, offset)
    case .truncated(let offset): payload(2, offset)
    case .trailingGarbage(let offset): payload(3, offset)
    // Nothing needs no memory: zero stands for what is not known.
    case .memoryLimit(let needed, let allowed): payload(4, needed ?? 0, allowed)
    case .windowTooLarge(let needed, let allowed): payload(5, needed, allowed)
    case .unsupported(let feature, let offset): payload(6, UInt64(feature.rawValue), offset)
    case .empty: payload(7)
    case .outOfMemory: payload(8)
    }
  }

  private static func error(_ kind: UInt8, _ first: UInt64, _ second: UInt64) -> DecodingError? {
    switch kind {
    case 0: .corrupt(offset: first)
    case 1: .checksumWrong(offset: first)
    case 2: .truncated(offset: first)
    case 3: .trailingGarbage(offset: first)
    case 4: .memoryLimit(needed: first == 0 ? nil : first, allowed: second)
    case 5: .windowTooLarge(needed: first, allowed: second)
    case 6:
      UInt8(exactly: first).flatMap(UnsupportedFeature.init).map { .unsupported($0, offset: second) }
    case 7: .empty
    case 8: .outOfMemory
    default: nil
    }
  }
}
