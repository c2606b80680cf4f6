/// Times for people and scripts: ISO 8601, UTC, milliseconds.
enum TimeText {
  /// `2026-03-01T08:15:30.250Z`. Years outside 0 to 9999 get their sign, as the standard asks.
  static func iso8601(milliseconds: Int64) -> String {
    let (day, ofDay) = floorDivide(milliseconds, 86_400_000)
    let (year, month, dayOfMonth) = civil(day)
    let date = "\(yearText(year))-\(two(month))-\(two(dayOfMonth))"
    let hours = two(ofDay / 3_600_000)
    let minutes = two(ofDay / 60_000 % 60)
    let seconds = two(ofDay / 1000 % 60)
    let fraction = String(ofDay % 1000 + 1000).dropFirst()
    return "\(date)T\(hours):\(minutes):\(seconds).\(fraction)Z"
  }

  /// How long ago, in the unit that tells most: `12 s`, `3 min`, `5 h`, `2 days`.
  static func span(milliseconds: Int64) -> String {
    let seconds = max(0, milliseconds) / 1000
    switch seconds {
    case ..<120: return "\(seconds) s"
    case ..<7200: return "\(seconds / 60) min"
    case ..<172_800: return "\(seconds / 3600) h"
    default: return "\(NumberText.grouped(Int(seconds / 86_400))) days"
    }
  }

  /// What a clock is off by, signed: `+0.042 s`.
  static func offset(milliseconds: Int64) -> String {
    let magnitude = milliseconds.magnitude
    guard magnitude < 120_000 else {
      let span = span(milliseconds: Int64(clamping: magnitude))
      return (milliseconds < 0 ? "-" : "+") + span
    }
    let fraction = String(magnitude % 1000 + 1000).dropFirst()
    return (milliseconds < 0 ? "-" : "+") + "\(magnitude / 1000).\(fraction) s"
  }

  /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days since 1970 to a date.
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let (era, dayOfEra) = floorDivide(shifted, 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// Rounds down, so that what is left is never negative.
  private static func floorDivide(
    _ value: Int64, _ divisor: Int64
  ) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  private static func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

  private static func yearText(_ year: Int64) -> String {
    let digits = String(year.magnitude)
    let filled = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    if year < 0 { return "-" + filled }
    return year > 9999 ? "+" + filled : filled
  }
}
