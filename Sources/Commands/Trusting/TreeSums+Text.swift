import Documents
import ImageInspector
import Terminal

extension TreeSums {
  /// What came of the list, for people.
  var lines: [SanitizedText] {
    let list: SanitizedText = "\(SanitizedText(foreign: list, limit: 200)) inside of the image"
    var lines: [SanitizedText] = []
    for name in wrong {
      lines.append("\(list): \(SanitizedText(foreign: name, limit: 200)) has another checksum")
    }
    for name in missing { lines.append("\(list): \(SanitizedText(foreign: name, limit: 200)) is not there") }
    let rest = wrongCount + missingCount - UInt64(wrong.count + missing.count)
    if rest > 0 { lines.append("\(list): so it is with \(rest) more") }
    lines.append("\(list): \(matchingCount) of its files have their checksums")
    if leftOutCount > 0 {
      lines.append("\(list): \(leftOutCount) were left out, such as boot code that mastering changes")
    }
    return lines
  }

  /// The object `tree`.
  var json: JSONValue {
    [
      "list": JSONValue(list), "matching": JSONValue(matchingCount), "wrong": JSONValue(wrongCount),
      "missing": JSONValue(missingCount), "leftOut": JSONValue(leftOutCount),
      "names": .array((wrong + missing).map { JSONValue($0) }),
    ]
  }
}
