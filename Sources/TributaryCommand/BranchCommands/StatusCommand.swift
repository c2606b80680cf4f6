internal import ArgumentParser
internal import BranchStore
internal import Transport

/// `tributary status DB`
struct StatusCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Say what waits to be sent, when the last sync was, and what needs a look.",
    discussion: """
      Needs no network.

        tributary status customers.db

      Exit codes: 0; 10 not a branch.
      """)

  @Argument(help: "The branch's SQLite database.", completion: .file())
  var database: String

  @OptionGroup var output: OutputOptions

  var undone: String { "The status of \(database) was not read." }

  func perform() async throws -> ExitStatus {
    let store = try BranchAccess.open(database, undone: undone)
    let report = StatusReport(
      try store.status(), database: database, nowMilliseconds: WallClock.systemMilliseconds())
    if output.json {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines(style: Console.style))
    }
    return .done
  }
}
