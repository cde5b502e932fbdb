extension SanitizedText {
  /// A size in decimal units, as on the packages of sticks: `15.5 GB`.
  public init(size bytes: UInt64) { self.init(vouchedFor: Glue.holding(scaled(Double(bytes), exact: bytes))) }

  /// A rate in decimal units: `45.2 MB/s`.
  public init(rate bytesPerSecond: Double) {
    self.init(vouchedFor: Glue.holding(scaled(bytesPerSecond, exact: UInt64(max(0, bytesPerSecond))) + "/s"))
  }

  /// A number of bytes with its digits in groups of three: `16 008 609 792 bytes`.
  public init(exactBytes bytes: UInt64) {
    let digits = Self(count: bytes)
    self.init(held: Self(counting: bytes, one: "\(digits) byte", other: "\(digits) bytes"))
  }

  /// A whole number in groups of three digits.
  public init(count: UInt64) {
    let digits = Array(String(count))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(" ") }
      text.append(digit)
    }
    self.init(vouchedFor: Glue.holding(text))
  }

  /// A time: `4.2 s`, `3:07 min`, `1:02:15 h`.
  public init(time: Duration) {
    let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
    let seconds = max(0, milliseconds) / 1000
    let text: String =
      if seconds < 10 {
        "\(seconds).\(max(0, milliseconds) % 1000 / 100) s"
      } else if seconds < 60 {
        "\(seconds) s"
      } else if seconds < 3600 {
        "\(seconds / 60):\(twoDigits(seconds % 60)) min"
      } else {
        "\(seconds / 3600):\(twoDigits(seconds / 60 % 60)):\(twoDigits(seconds % 60)) h"
      }
    self.init(vouchedFor: Glue.holding(text))
  }
}

private func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

/// Three significant digits, or the exact number below 1000.
private func scaled(_ value: Double, exact: UInt64) -> String {
  guard value >= 1000 else { return "\(exact) B" }
  var rest = value
  var unit = 0
  let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
  // 999.5 would round up to a fourth digit.
  while rest >= 999.5, unit < units.count - 1 {
    rest /= 1000
    unit += 1
  }
  if rest >= 99.95 { return "\(Int(rest.rounded())) \(units[unit])" }
  let tenths = Int((rest * 10).rounded())
  return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
