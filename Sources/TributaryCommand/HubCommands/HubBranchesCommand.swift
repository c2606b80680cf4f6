internal import ArgumentParser
internal import HubStore
internal import Transport

/// `tributary hub branches DIR`
struct HubBranchesCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "branches",
    abstract: "List the branches: when each was last here, and what waits for it.",
    discussion: """
        tributary hub branches /srv/hub

      “rows to fetch” counts changed rows of others that the branch has not been sent. “clock” is \
      how far the hub’s clock is ahead of the branch’s.
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @OptionGroup var output: OutputOptions

  var undone: String { "The branches of \(folder) were not listed." }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(folder, undone: undone)
    let report = BranchesReport(
      branches: try store.branches(), notices: try store.notices(atMost: 100),
      strangers: try store.strangers(),
      nowMilliseconds: WallClock.systemMilliseconds())
    if output.json {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines(style: Console.style))
    }
    return .done
  }
}
