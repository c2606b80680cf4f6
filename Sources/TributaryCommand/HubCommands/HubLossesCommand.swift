internal import ArgumentParser
internal import HubStore

/// `tributary hub losses DIR`
struct HubLossesCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "losses",
    abstract: "List what a restored hub had before and nobody has given back.",
    discussion: """
      After `hub restore`, branches give back what they have and the hub has not. What is listed \
      here no branch that has synced since then had: each line is one changeset. A branch that \
      comes later may still have it; its line then disappears.

        tributary hub losses /srv/hub

      Exit codes: 0 none; 3 some; 10 not a hub.
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @OptionGroup var output: OutputOptions

  var undone: String { "The losses of \(folder) were not listed." }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(folder, undone: undone)
    let report = LossReport(
      losses: try store.losses(), count: try store.lossCount(), names: try store.names())
    if output.json {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines(style: Console.style))
    }
    return report.count == 0 ? .done : .leftovers
  }
}
