/// The texts of one language, as `msgfmt` compiles them: a `.mo` file, read where it lies in memory.
///
/// ```
/// byte  0  magic 950412DE, little-endian      8  number of texts N
///       4  revision 0                        12  offset of N entries: the texts of the program, sorted
///                                            16  offset of N entries: what they are in the language
/// entry: length without the zero behind it, offset
/// ```
///
/// Every number in it is checked where it is used, so that a damaged file has fewer texts and nothing worse. Texts are
/// looked for in the sorted table itself: nothing is built when a run begins.
public struct Catalogue: Sendable {
  private let bytes: [UInt8]
  private let count: Int
  private let originals: Int
  private let translations: Int
  /// Which form goes with which number.
  private(set) var plural: PluralRule

  /// No catalogue is larger than this, in bytes.
  public static let largestByteCount = 1 << 20

  /// Reads what `msgfmt` made; nil if that is none.
  public init?(parsing bytes: [UInt8]) {
    self.bytes = bytes
    guard bytes.count <= Self.largestByteCount, Self.number(at: 0, in: bytes) == 0x9504_12DE,
      Self.number(at: 4, in: bytes) == 0, let count = Self.number(at: 8, in: bytes),
      let originals = Self.number(at: 12, in: bytes), let translations = Self.number(at: 16, in: bytes),
      [originals, translations].allSatisfy({ $0 + 8 * count <= bytes.count })
    else { return nil }
    (self.count, self.originals, self.translations) = (count, originals, translations)
    plural = .germanic
    guard let header = texts(for: [])?.first else { return }
    // Only this encoding is ever printed.
    guard header.contains("charset=UTF-8") else { return nil }
    plural = PluralRule(header: header) ?? .germanic
  }

  /// The forms of a text in the language; nil where it has none.
  /// - Parameter original: the text of the program, in its singular.
  func texts(for original: String) -> [String]? { texts(for: Array(original.utf8)) }

  private func texts(for original: [UInt8]) -> [String]? {
    var range = 0..<count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      guard let found = text(originals, middle) else { return nil }
      // A text with forms has its plural behind a zero.
      let singular = found.prefix { $0 != 0 }
      if singular.elementsEqual(original) { return forms(middle) }
      range =
        singular.lexicographicallyPrecedes(original)
        ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }

  /// The texts of a context with what they are in the language; a context and a 4 stand before such a text.
  func texts(inContext context: String) -> [(original: String, translation: String)] {
    let beginning = Array(context.utf8) + [4]
    return (0..<count).compactMap { index in
      guard let found = text(originals, index), found.starts(with: beginning),
        let original = String(validating: found.dropFirst(beginning.count), as: UTF8.self),
        let translation = forms(index)?.first, !translation.isEmpty
      else { return nil }
      return (original, translation)
    }
  }

  private func forms(_ index: Int) -> [String]? {
    guard let found = text(translations, index) else { return nil }
    let forms = found.split(separator: 0, omittingEmptySubsequences: false)
      .map { String(validating: $0, as: UTF8.self) }
    return forms.contains { $0 == nil } ? nil : forms.compactMap(\.self)
  }

  private func text(_ table: Int, _ index: Int) -> ArraySlice<UInt8>? {
    guard let length = Self.number(at: table + 8 * index, in: bytes),
      let offset = Self.number(at: table + 8 * index + 4, in: bytes), offset + length <= bytes.count
    else { return nil }
    return bytes[offset..<offset + length]
  }

  private static func number(at offset: Int, in bytes: [UInt8]) -> Int? {
    guard offset + 4 <= bytes.count else { return nil }
    return bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
