/// What the text tables of `/proc` and fstab(5) have in common.
public enum EscapedFields {
  /// Takes back the kernel's `\040` form of white space, backslash and `#` (`seq_escape`).
  ///
  /// A backslash without three octal digits stands for itself.
  public static func unescape(_ field: some Collection<UInt8>) -> String {
    let bytes = Array(field)
    guard bytes.contains(backslash) else { return String(decoding: bytes, as: UTF8.self) }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == backslash, let value = octal(bytes.dropFirst(index + 1).prefix(3)) {
        result.append(value)
        index += 4
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static let backslash = UInt8(ascii: "\\")

  private static func octal(_ digits: ArraySlice<UInt8>) -> UInt8? {
    guard digits.count == 3 else { return nil }
    var value = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "7") else { return nil }
      value = value * 8 + Int(digit - UInt8(ascii: "0"))
    }
    return UInt8(exactly: value)
  }
}
