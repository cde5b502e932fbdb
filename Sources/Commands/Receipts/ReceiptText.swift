import Documents
import Terminal
import Writer

extension ReceiptDamage {
  /// What is wrong, in a clause.
  var text: SanitizedText {
    switch self {
    case .json(let error): SanitizedText(error)
    case .notAReceipt: "it is no receipt of `burin write`"
    case .unknownSchema: "its schema is one that this burin does not know"
    case .wrong(let field): "what it says under \(field) makes no sense"
    }
  }
}

extension Receipt {
  /// The disk that was written, as it was told then.
  var targetText: SanitizedText {
    let name = SanitizedText(foreign: target("name") ?? "", limit: 80)
    let id = SanitizedText(foreign: target("id") ?? target("path") ?? "a stick", limit: 80)
    guard let serial = target("serial") else { return "\(name), \(id)" }
    return "\(name), serial number \(SanitizedText(foreign: serial, limit: 80)), \(id)"
  }

  /// The image, as it was told then.
  var imageText: SanitizedText {
    let name = SanitizedText(foreign: image, limit: 200)
    return imageByteCount.map { "\(name), \(SanitizedText(exactBytes: $0))" } ?? name
  }

  /// How it ended, in a few words.
  var resultText: SanitizedText {
    switch result {
    case .unfinished: "not finished, or killed"
    case .failed: "failed [\(SanitizedText(foreign: document["diagnostic"]?.text ?? "", limit: 40))]"
    case .proven: "read back and equal"
    }
  }
}
