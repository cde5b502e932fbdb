/// Dates of the Gregorian calendar and seconds since 1970, without a library and without time zones.
public struct CivilTime: Hashable, Sendable {
  /// The year.
  public let year: Int
  /// The month, 1 to 12.
  public let month: Int
  /// The day of the month, 1 to 31.
  public let day: Int

  /// The day that a moment lies on, in UTC.
  ///
  /// Source: H. Hinnant, chrono-Compatible Low-Level Date Algorithms, `civil_from_days`.
  public init(secondsSince1970 seconds: Int64) {
    let shifted = Self.floorDivide(seconds, by: 86_400) + 719_468
    let era = Self.floorDivide(shifted, by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    // March is month 0, so that the leap day comes last.
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
    year = Int(yearOfEra + era * 400 + (month <= 2 ? 1 : 0))
  }

  /// Seconds since 1970 of a moment in UTC; nil where it is no date of the years 1 to 9999.
  ///
  /// Source: as above, `days_from_civil`.
  public static func seconds(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0
  ) -> Int64? {
    guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
      (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
    else { return nil }
    let years = month <= 2 ? year - 1 : year
    let era = years / 400
    let yearOfEra = years - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    return Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
  }

  /// Seconds since 1970 of a date and a time as FAT packs them, taken for UTC; nil where they are unset.
  ///
  /// Bits 0–4 of the time are seconds halved, 5–10 minutes, 11–15 hours; of the date 0–4 the day, 5–8 the
  /// month, 9–15 years since 1980. Source: Microsoft, FAT: General Overview of On-Disk Format, 1.03.
  public static func seconds(dosDate date: UInt16, time: UInt16) -> Int64? {
    seconds(
      year: 1980 + Int(date >> 9), month: Int(date >> 5 & 15), day: Int(date & 31), hour: Int(time >> 11),
      minute: Int(time >> 5 & 63), second: Int(time & 31) * 2)
  }

  private static func floorDivide(_ value: Int64, by divisor: Int64) -> Int64 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

extension ISO9660Date {
  /// Seconds since 1970.
  public var secondsSince1970: Int64? {
    CivilTime.seconds(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
      .map { $0 - Int64(offsetMinutes) * 60 }
  }
}
