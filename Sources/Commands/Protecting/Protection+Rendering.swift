import DeviceProbe
import DeviceSafety
import Documents
import Terminal

extension Protection {
  /// The entry in one line.
  var text: SanitizedText {
    let words: SanitizedText = "\(kind.rawValue)=\(value)"
    let reason: SanitizedText = note.map { "  \($0)" } ?? ""
    return "\(words)  \(file):\(line)\(reason)"
  }

  /// The entry of `protections`.
  var json: JSONValue {
    [
      "kind": JSONValue(kind.rawValue), "value": JSONValue(value), "note": JSONValue(note),
      "file": JSONValue(file), "line": JSONValue(line),
    ]
  }
}

extension ProtectionFault {
  /// The fault in one line.
  var text: SanitizedText {
    let place: SanitizedText = line.map { "\(file):\($0)" } ?? "\(file)"
    return "\(place) \(reason.predicate)"
  }

  /// The entry of `faults`.
  var json: JSONValue {
    ["file": JSONValue(file), "line": JSONValue(line), "reason": JSONValue(reason.predicate)]
  }
}
