import Terminal

/// Rates as bars, the oldest at the left.
struct RateGraph {
  /// Bytes a second.
  let rates: [Double]
  let style: ScreenStyle

  private static let bars: [Character] = Array(" ▁▂▃▄▅▆▇█")
  private static let signs: [Character] = Array(" .:|")

  /// The bars in rows from top to bottom, under a scale that begins at zero.
  func rows(_ count: Int) -> [SanitizedText] {
    guard let top = rates.max(), top > 0, count > 0 else { return [] }
    let glyphs = style.isUnicode ? Self.bars : Self.signs
    let steps = glyphs.count - 1
    return (0..<count).map { row in
      let below = (count - 1 - row) * steps
      let text = rates.map { rate -> Character in
        let height = Int((rate / top * Double(count * steps)).rounded())
        // What moves at all is seen.
        let shown = rate > 0 ? max(1, height) : 0
        return glyphs[min(steps, max(0, shown - below))]
      }
      return SanitizedText(foreign: String(text))
    }
  }
}
