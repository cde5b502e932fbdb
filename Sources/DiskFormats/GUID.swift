/// A GUID as EFI stores it: the first three fields little-endian, the rest in order (UEFI 2.10 appendix A).
public struct GUID: Hashable, Sendable, CustomStringConvertible {
  /// TimeLow, bytes 0–3, little-endian.
  public let first: UInt32
  /// TimeMid, bytes 4–5, little-endian.
  public let second: UInt16
  /// TimeHighAndVersion, bytes 6–7, little-endian.
  public let third: UInt16
  /// ClockSeq and Node, bytes 8–15, in order.
  public let rest: UInt64

  /// Takes a GUID apart into its fields.
  public init(first: UInt32, second: UInt16, third: UInt16, rest: UInt64) {
    self.first = first
    self.second = second
    self.third = third
    self.rest = rest
  }

  /// Reads the text form `C12A7328-F81F-11D2-BA4B-00A0C93EC93B`, in either case; nil for any other text.
  public init?(_ text: String) {
    let groups = text.split(separator: "-", omittingEmptySubsequences: false)
    guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12],
      text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || UnicodeScalar($0).properties.isASCIIHexDigit }),
      let first = UInt32(groups[0], radix: 16), let second = UInt16(groups[1], radix: 16),
      let third = UInt16(groups[2], radix: 16), let clock = UInt64(groups[3], radix: 16),
      let node = UInt64(groups[4], radix: 16)
    else { return nil }
    self.init(first: first, second: second, third: third, rest: clock << 48 | node)
  }

  /// The text form in capital letters.
  public var description: String {
    let clock = UInt16(truncatingIfNeeded: rest >> 48)
    return
      "\(hex(first, 8))-\(hex(second, 4))-\(hex(third, 4))-\(hex(clock, 4))-\(hex(rest & 0xFFFF_FFFF_FFFF, 12))"
  }

  /// The GUID of all zeroes, which marks an unused entry.
  public static let zero = GUID(first: 0, second: 0, third: 0, rest: 0)
}

private func hex(_ value: some UnsignedInteger, _ digits: Int) -> String {
  let text = String(value, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}
