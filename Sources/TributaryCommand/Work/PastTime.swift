internal import ArgumentParser

/// A time as people write it, in UTC unless it says otherwise: `2026-03-01`, which means the end of
/// that day, `2026-03-01T08:15`, `2026-03-01T08:15:30.250Z`, `2026-03-01T08:15:30+01:00`.
struct PastTime: ExpressibleByArgument, Hashable, Sendable {
  let milliseconds: Int64

  init?(argument: String) {
    var rest = argument[...]
    guard let year = Self.number(&rest, digits: 4), Self.take(&rest, "-"),
      let month = Self.number(&rest, digits: 2), (1...12).contains(month), Self.take(&rest, "-"),
      let day = Self.number(&rest, digits: 2), (1...Self.days(of: month, year)).contains(day)
    else { return nil }
    let midnight = Self.dayNumber(year, month, day) * Self.dayMilliseconds
    if rest.isEmpty {
      milliseconds = midnight + Self.dayMilliseconds - 1
      return
    }
    guard Self.take(&rest, "T") || Self.take(&rest, " "),
      let hour = Self.number(&rest, digits: 2), hour < 24, Self.take(&rest, ":"),
      let minute = Self.number(&rest, digits: 2), minute < 60,
      let second = Self.seconds(&rest), let zone = Self.zone(&rest), rest.isEmpty
    else { return nil }
    milliseconds = midnight + (hour * 60 + minute - zone) * 60_000 + second
  }

  private static let dayMilliseconds: Int64 = 86_400_000

  /// `:30.250` as milliseconds; none is 0.
  private static func seconds(_ rest: inout Substring) -> Int64? {
    guard take(&rest, ":") else { return 0 }
    guard let second = number(&rest, digits: 2), second < 60 else { return nil }
    guard take(&rest, ".") else { return second * 1000 }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard let fraction = Int64(digits.prefix(3)) else { return nil }
    rest.removeFirst(digits.count)
    let scale: Int64 = [100, 10, 1][min(digits.count, 3) - 1]
    return second * 1000 + fraction * scale
  }

  /// What a zone is ahead of UTC, in minutes.
  private static func zone(_ rest: inout Substring) -> Int64? {
    if rest.isEmpty || take(&rest, "Z") { return 0 }
    let isAhead = take(&rest, "+")
    guard isAhead || take(&rest, "-"), let hours = number(&rest, digits: 2), hours < 24 else {
      return nil
    }
    _ = take(&rest, ":")
    guard let minutes = rest.isEmpty ? 0 : number(&rest, digits: 2), minutes < 60 else {
      return nil
    }
    return (hours * 60 + minutes) * (isAhead ? 1 : -1)
  }

  private static func take(_ rest: inout Substring, _ character: Character) -> Bool {
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }

  private static func number(_ rest: inout Substring, digits: Int) -> Int64? {
    let text = rest.prefix(digits)
    guard text.count == digits, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    rest.removeFirst(digits)
    return Int64(text)
  }

  private static func days(of month: Int64, _ year: Int64) -> Int64 {
    switch month {
    case 4, 6, 9, 11: return 30
    case 2:
      let isLeap = year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year.isMultiple(of: 400)
      return isLeap ? 29 : 28
    default: return 31
    }
  }

  /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": a date to days since 1970.
  private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    // Years from 0 on only: nothing below needs to round down.
    let (era, yearOfEra) = ((shifted + 400) / 400 - 1, (shifted + 400) % 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
