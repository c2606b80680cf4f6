internal import ArgumentParser
internal import HubStore

/// How long a hub keeps its history: a span of time, or `none`.
struct HistorySpan: ExpressibleByArgument, Hashable, Sendable, CustomStringConvertible {
  let milliseconds: Int64
  let description: String

  static let twoYears = HistorySpan(
    milliseconds: HistoryKeeping.millisecondsDefault, description: "730d")

  private init(milliseconds: Int64, description: String) {
    self.milliseconds = milliseconds
    self.description = description
  }

  init?(argument: String) {
    if argument == "none" || argument == "0" {
      self.init(milliseconds: 0, description: "none")
      return
    }
    guard let span = TimeSpan(argument: argument) else { return nil }
    self.init(milliseconds: span.milliseconds, description: span.description)
  }

  var defaultValueDescription: String { description }
}
