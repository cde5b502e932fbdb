extension ContentSignature {
  /// Text, and of which kind, if the beginning is nothing but printable UTF-8 or UTF-16 with a mark.
  static func text(_ head: ByteReader) -> ContentSignature? {
    let bytes = head.bytes.prefix(4096)
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return bytes.count >= 4 && !head.isZero(in: 2..<bytes.count)
        ? .init(id: "text", category: .notAnImage, offset: 0) : nil
    }
    let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes
    guard !body.isEmpty, body.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || [9, 10, 12, 13, 27].contains($0) })
    else { return nil }
    // The cut at 4096 may fall into a character of up to four bytes.
    let isUTF8 = (0..<4).contains { cut in
      body.count > cut && String(validating: body.dropLast(cut), as: UTF8.self) != nil
    }
    guard isUTF8 else { return nil }
    let start = String(decoding: body.prefix(1024), as: UTF8.self).lowercased()
    let visible = start.drop { $0.isWhitespace }
    if visible.hasPrefix("<!doctype html") || visible.hasPrefix("<html") || start.contains("<head") {
      return .init(id: "html", category: .notAnImage, offset: 0)
    }
    if visible.hasPrefix("<?xml") { return .init(id: "xml", category: .notAnImage, offset: 0) }
    return .init(id: "text", category: .notAnImage, offset: 0)
  }
}
