/// How names are stored in the trees of ISO 9660.
enum ISO9660Name {
  /// UCS-2 or UTF-16, big-endian; lone surrogates become U+FFFD and padding is removed.
  static func ucs2(_ bytes: [UInt8]) -> String {
    var units: [UInt16] = []
    for index in stride(from: 0, to: bytes.count - bytes.count % 2, by: 2) {
      units.append(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]))
    }
    if let end = units.firstIndex(of: 0) { units.removeSubrange(end...) }
    while units.last == 0x20 { units.removeLast() }
    return String(decoding: units, as: UTF16.self)
  }

  /// Removes the version `;1` and, from plain names, the dot of an empty extension.
  static func withoutVersion(_ name: String, removingDot: Bool) -> String {
    var result = Substring(name)
    if let semicolon = result.lastIndex(of: ";"),
      result[semicolon...].dropFirst().allSatisfy(\.isNumber)
    {
      result = result[..<semicolon]
    }
    if removingDot, result.count > 1, result.hasSuffix(".") { result.removeLast() }
    return String(result)
  }
}
