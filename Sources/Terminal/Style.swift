/// How a text stands out, where the output shows colours.
public enum Style: Hashable, Sendable {
  case plain, bold, dim, red, green, yellow

  fileprivate var code: String? {
    switch self {
    case .plain: nil
    case .bold: "1"
    case .dim: "2"
    case .red: "31"
    case .green: "32"
    case .yellow: "33"
    }
  }
}

extension SanitizedText {
  /// The text in a style; unchanged where there are no colours.
  public func styled(_ style: Style, if hasColor: Bool) -> SanitizedText {
    guard hasColor, let code = style.code, !isEmpty else { return self }
    return SanitizedText(vouchedFor: "\u{1B}[\(code)m\(laidOut)\u{1B}[0m")
  }
}
