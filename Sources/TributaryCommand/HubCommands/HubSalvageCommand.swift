internal import ArgumentParser
internal import HubStore
internal import Transport

/// `tributary hub salvage DIR list|replay NAME|drop NAME`
struct HubSalvageCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "salvage",
    abstract: "Look at what retired branches still sent; let it in, or throw it away.",
    discussion: """
      A retired branch that comes back is refused, but what it had not sent before is kept here, \
      whole and apart from everything else, until somebody decides.

        tributary hub salvage /srv/hub list
        tributary hub salvage /srv/hub replay Riverside
        tributary hub salvage /srv/hub drop Riverside

      replay merges it as if it had come in time: what others wrote meanwhile is not \
      overwritten, conflicts are in the ledger. The branch stays retired.

      Exit codes: 0; 1 no such branch; 10 not a hub.
      """)

  enum Action: String, ExpressibleByArgument, CaseIterable {
    case list, replay, drop
  }

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @Argument(help: "What to do: list, replay or drop.")
  var action = Action.list

  @Argument(help: "The branch's name, for replay and drop.")
  var name: String?

  @OptionGroup var output: OutputOptions

  var undone: String {
    switch action {
    case .list: "What retired branches sent was not listed."
    case .replay: "What \(name ?? "") sent was not let in."
    case .drop: "What \(name ?? "") sent was not thrown away."
    }
  }

  func validate() throws {
    guard (name == nil) == (action == .list) else {
      throw ValidationError(
        action == .list
          ? "`list` takes no name: it lists all." : "Name the branch: \(action.rawValue) NAME.")
    }
  }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(folder, undone: undone)
    guard let name else {
      let report = SalvageReport(kept: try store.salvaged(), folder: folder)
      if output.json {
        Console.print(report.json)
      } else {
        Console.print(lines: report.lines(style: Console.style))
      }
      return .done
    }
    let count: Int
    switch action {
    case .replay:
      count = try store.replaySalvaged(
        name: name, wallMilliseconds: WallClock.systemMilliseconds())
    case .drop, .list: count = try store.dropSalvaged(name: name)
    }
    if output.json {
      Console.print(["branch": .string(name), "changesets": .count(count)])
      return .done
    }
    let what = NumberText.counted(count, "changeset")
    Console.print(
      action == .replay
        ? "\(what) of \(name) \(count == 1 ? "is" : "are") in the log now; all get them with their"
          + " next sync."
        : "\(what) of \(name) \(count == 1 ? "is" : "are") thrown away.")
    return .done
  }
}
