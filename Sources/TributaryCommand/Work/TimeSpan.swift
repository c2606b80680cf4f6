internal import ArgumentParser

/// A span of time as people write it: `90s`, `30m`, `24h`, `7d`.
struct TimeSpan: ExpressibleByArgument, Hashable, Sendable, CustomStringConvertible {
  let milliseconds: Int64
  let description: String

  static let tenSeconds = TimeSpan(milliseconds: 10_000, description: "10s")
  static let ninetyDays = TimeSpan(milliseconds: 90 * 86_400_000, description: "90d")
  static let oneDay = TimeSpan(milliseconds: 86_400_000, description: "24h")

  private init(milliseconds: Int64, description: String) {
    self.milliseconds = milliseconds
    self.description = description
  }

  /// A hundred years: nobody means more, and nothing overflows.
  private static let secondsMax: Int64 = 36_525 * 86_400

  init?(argument: String) {
    guard let unit = argument.last, let count = Int64(argument.dropLast()), count > 0,
      let seconds = Self.seconds(of: unit)
    else { return nil }
    let (total, overflow) = count.multipliedReportingOverflow(by: seconds)
    guard !overflow, total <= Self.secondsMax else { return nil }
    milliseconds = total * 1000
    description = argument
  }

  var defaultValueDescription: String { description }

  private static func seconds(of unit: Character) -> Int64? {
    switch unit {
    case "s": 1
    case "m": 60
    case "h": 3600
    case "d": 86_400
    default: nil
    }
  }
}
