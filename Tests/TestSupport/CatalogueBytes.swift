/// Makes what `msgfmt` makes, so that no test needs it: a `.mo` file of texts and what they are in a language.
///
/// Forms of one text are separated by a zero, as in the file.
public func catalogueBytes(
  _ texts: [String: String], header: String = "Content-Type: text/plain; charset=UTF-8\n"
) -> [UInt8] {
  let entries = (texts.map { (Array($0.utf8), Array($1.utf8)) } + [([], Array(header.utf8))])
    .sorted { $0.0.lexicographicallyPrecedes($1.0) }
  let tables = 28
  var offset = tables + 16 * entries.count
  var numbers = [0x9504_12DE, 0, entries.count, tables, tables + 8 * entries.count, 0, 0]
  var content: [UInt8] = []
  for column in [entries.map(\.0), entries.map(\.1)] {
    for text in column {
      numbers += [text.count, offset]
      content += text + [0]
      offset += text.count + 1
    }
  }
  return numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } } + content
}
