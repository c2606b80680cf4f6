internal import ArgumentParser

/// `tributary conflicts DB-or-DIR`
struct ConflictsCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts",
    abstract: "List the ledger: what stood against what, what stands, and by which rule.",
    discussion: """
      Newest first. “settled” was decided by rule, “open” waits for a person. Every concurrent \
      value is listed, the standing one first; none is ever lost.

        tributary conflicts customers.db
        tributary conflicts /srv/hub --open

      In JSON, values are JSON's own; a blob is {"blob":"<hex>"}, text that is not UTF-8 \
      {"text":"<hex>"}, a deletion {"deleted":true} beside its branch.

      Exit codes: 0; 3 when any is open; 10 neither a branch nor a hub.
      """)

  @Argument(help: "A branch's database or a hub's folder.", completion: .file())
  var place: String

  @Argument(help: .hidden)
  var action: [String] = []

  @Flag(help: "Only those that wait for a person.")
  var open = false

  @Option(help: .hidden) var value: String?
  @Option(help: .hidden) var take: String?
  @Flag(help: .hidden) var undo = false

  @OptionGroup var output: OutputOptions

  var undone: String { "The conflicts of \(place) were not listed." }

  func validate() throws {
    guard let first = action.first else {
      if value != nil || take != nil || undo {
        throw ValidationError("--value, --take and --undo belong to `conflicts DIR resolve ID`.")
      }
      return
    }
    guard first == "resolve", action.count == 2 else {
      throw ValidationError("Unexpected argument “\(action.last ?? first)”.")
    }
  }

  func perform() async throws -> ExitStatus {
    if action.count == 2 {
      throw CommandFailure.notYet(
        undone: "Conflict \(action[1]) was not decided.", what: "record decisions",
        next: "Write the value you want at any branch and sync: it stands, because its author "
          + "has seen the others.")
    }
    let ledger = try Place(place, undone: undone).ledger(openOnly: open)
    if output.json {
      Console.print(ledger.json)
    } else {
      Console.print(lines: ledger.lines(style: Console.style))
    }
    return ledger.hasOpen ? .leftovers : .done
  }
}
