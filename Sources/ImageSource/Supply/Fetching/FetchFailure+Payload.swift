import Decompression

/// How the process that fetches tells why it failed: a kind, a number, and a text.
extension FetchFailure {
  private static let longestText = 512
  /// The longest form, in bytes.
  static let longestPayload = 9 + longestText

  /// The failure as bytes; one that only the reader can have is none.
  var payload: [UInt8] {
    switch self {
    case .noLibrary: Self.payload(0)
    case .unconfined(let number): Self.payload(1, UInt64(UInt32(bitPattern: number)))
    case .certificates: Self.payload(2)
    case .transfer(let text): Self.payload(3, 0, text)
    case .unresolved(let text): Self.payload(4, 0, text)
    case .unreachable(let text): Self.payload(5, 0, text)
    case .unproven(let text): Self.payload(6, 0, text)
    case .status(let status): Self.payload(7, UInt64(status))
    case .redirects: Self.payload(8)
    case .insecureRedirect: Self.payload(9)
    case .changed(let offset): Self.payload(10, offset)
    case .cannotResume(let offset): Self.payload(11, offset)
    case .lost(let offset, let text): Self.payload(12, offset, text)
    case .wrongPart(let offset): Self.payload(13, offset)
    case .tooLong(let announced): Self.payload(14, announced)
    case .encoded: Self.payload(15)
    case .tooLarge(let limit): Self.payload(16, limit)
    case .process, .senseless: []
    }
  }

  /// Reads a failure; nil for anything that ``payload`` never gives.
  public init?(payload: [UInt8]) {
    guard payload.count >= 9, payload.count <= Self.longestPayload else { return nil }
    let number = UInt64(littleEndianBytes: payload[1..<9])
    let text = String(decoding: payload[9...], as: UTF8.self)
    switch payload[0] {
    case 0: self = .noLibrary
    case 1: self = .unconfined(Int32(truncatingIfNeeded: number))
    case 2: self = .certificates
    case 3: self = .transfer(text)
    case 4: self = .unresolved(text)
    case 5: self = .unreachable(text)
    case 6: self = .unproven(text)
    case 7: self = .status(UInt16(truncatingIfNeeded: number))
    case 8: self = .redirects
    case 9: self = .insecureRedirect
    case 10: self = .changed(offset: number)
    case 11: self = .cannotResume(offset: number)
    case 12: self = .lost(offset: number, text)
    case 13: self = .wrongPart(offset: number)
    case 14: self = .tooLong(announced: number)
    case 15: self = .encoded
    case 16: self = .tooLarge(limit: number)
    default: return nil
    }
  }

  private static func payload(_ kind: UInt8, _ number: UInt64 = 0, _ text: String = "") -> [UInt8] {
    [kind] + number.littleEndianBytes + text.utf8.prefix(longestText)
  }
}
