/// The date of a volume, 17 bytes of digits and a zone (ECMA-119 8.4.26.1).
public struct ISO9660Date: Hashable, Sendable, CustomStringConvertible {
  /// The year, 1 to 9999.
  public let year: Int
  /// The month, 1 to 12.
  public let month: Int
  /// The day of the month, 1 to 31.
  public let day: Int
  /// The hour, 0 to 23.
  public let hour: Int
  /// The minute, 0 to 59.
  public let minute: Int
  /// The second, 0 to 59.
  public let second: Int
  /// Hundredths of a second.
  public let centisecond: Int
  /// The zone as the offset from UTC in minutes, -720 to 780.
  public let offsetMinutes: Int

  /// Parses `YYYYMMDDHHMMSScc` and a signed count of quarter hours; nil where it is unset or no date.
  public init?(parsing bytes: [UInt8]) {
    guard bytes.count >= 17 else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      var value = 0
      for byte in bytes[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      return value
    }
    guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8),
      let hour = number(8..<10), let minute = number(10..<12), let second = number(12..<14),
      let centisecond = number(14..<16), year > 0, (1...12).contains(month), (1...31).contains(day),
      hour < 24, minute < 60, second < 60
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
    self.centisecond = centisecond
    let quarters = Int(Int8(bitPattern: bytes[16]))
    offsetMinutes = (-48...52).contains(quarters) ? quarters * 15 : 0
  }

  /// The form `2026-01-31T12:00:00Z`, with `+02:00` in place of `Z` for other zones.
  public var description: String {
    let date = "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
    let time = "\(digits(hour, 2)):\(digits(minute, 2)):\(digits(second, 2))"
    guard offsetMinutes != 0 else { return "\(date)T\(time)Z" }
    let zone = "\(digits(abs(offsetMinutes) / 60, 2)):\(digits(abs(offsetMinutes) % 60, 2))"
    return "\(date)T\(time)\(offsetMinutes < 0 ? "-" : "+")\(zone)"
  }

  /// The form that GRUB's `search --fs-uuid` and blkid take for the UUID: `2026-01-31-12-00-00-00`.
  public var uuid: String {
    let parts = [month, day, hour, minute, second, centisecond].map { digits($0, 2) }
    return ([digits(year, 4)] + parts).joined(separator: "-")
  }
}

private func digits(_ value: Int, _ count: Int) -> String {
  let text = String(value)
  return String(repeating: "0", count: max(0, count - text.count)) + text
}
