/// What the text tables of `/proc` and fstab(5) have in common.
public enum EscapedFields {
  /// Takes back the kernel's `\040` form of white space, backslash and `#` (`seq_escape`).
  ///
  /// A backslash without three octal digits stands for itself.
  public static func unescape(_ field: some Collection<UInt8>) -> String {
    guard field.contains(backslash) else { return String(decoding: field, as: UTF8.self) }
    let bytes = Array(field)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == backslash, let value = octal(in: bytes, at: index + 1) {
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

  private static func octal(in bytes: [UInt8], at index: Int) -> UInt8? {
    guard index + 3 <= bytes.count else { return nil }
    var value = 0
    for place in index..<(index + 3) {
      guard bytes[place] >= UInt8(ascii: "0"), bytes[place] <= UInt8(ascii: "7") else { return nil }
      value = value * 8 + Int(bytes[place] - UInt8(ascii: "0"))
    }
    return UInt8(exactly: value)
  }
}
