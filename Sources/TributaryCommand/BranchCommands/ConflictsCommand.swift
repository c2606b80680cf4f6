internal import ArgumentParser

/// `tributary conflicts DB-or-DIR`, `… show ID…`, `… resolve ID…`
struct ConflictsCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts",
    abstract: "List the ledger: what stood against what, what stands, and by which rule; decide.",
    discussion: """
      Newest first. “settled” was decided by rule, “open” waits for a person, “decided” was \
      decided by one. Every concurrent value is listed, the standing one first; none is ever lost.

        tributary conflicts customers.db
        tributary conflicts /srv/hub --open --table customers --column city
        tributary conflicts /srv/hub show 17

      At the hub a person decides, and may take that back. A decision is a change like any other \
      that has seen all the values: it reaches every branch, and what somebody writes after \
      having seen it stands over it.

        tributary conflicts /srv/hub resolve 17 --take Riverside
        tributary conflicts /srv/hub resolve 17 18 --value 'Main Street 5'
        tributary conflicts /srv/hub resolve --all --open --table customers \\
          --column city --take Riverside
        tributary conflicts /srv/hub resolve 17 --undo

      In JSON, values are JSON's own; a blob is {"blob":"<hex>"}, text that is not UTF-8 \
      {"text":"<hex>"}, a deletion {"deleted":true} beside its branch.

      Exit codes: 0; 3 when any that is listed is open; 10 neither a branch nor a hub.
      """)

  @Argument(help: "A branch's database or a hub's folder.", completion: .file())
  var place: String

  @Argument(
    help: ArgumentHelp(
      "Nothing to list; `show` or `resolve`, then the conflicts' numbers.", valueName: "action"))
  var action: [String] = []

  @OptionGroup(title: "Which") var filter: ConflictFilter

  @Flag(help: "With resolve: all that the filters leave, instead of numbers.")
  var all = false

  @Option(help: ArgumentHelp("Decide: what this branch did stands.", valueName: "branch"))
  var take: String?
  @Option(help: "Decide: this value stands.")
  var value: String?
  @Flag(help: "Decide: NULL stands.")
  var null = false
  @Flag(help: "Take the last decision back.")
  var undo = false
  @Option(help: ArgumentHelp("Who decides, for the ledger.", valueName: "name"))
  var by: String = ""

  @OptionGroup var output: OutputOptions

  var undone: String {
    request == nil
      ? "The conflicts of \(place) were not listed." : "No conflict of \(place) was decided."
  }

  /// What is to be decided; nil for a listing.
  private var request: ConflictDecision? {
    guard action.first == "resolve" else { return nil }
    let choice: ConflictDecision.Choice? =
      if let take {
        .branch(take)
      } else if let value {
        .text(value)
      } else if null {
        .null
      } else if undo {
        .undo
      } else {
        nil
      }
    return choice.map {
      ConflictDecision(
        place: place, ids: action.dropFirst().compactMap { UInt64($0) }, all: all, filter: filter,
        choice: $0, person: by)
    }
  }

  private var choiceCount: Int {
    [take != nil, value != nil, null, undo].count { $0 }
  }

  func validate() throws {
    let numbers = action.dropFirst()
    if let odd = numbers.first(where: { UInt64($0) == nil }) {
      throw ValidationError("“\(odd)” is no conflict's number.")
    }
    switch action.first {
    case nil, "show":
      if choiceCount > 0 || all || !by.isEmpty {
        throw ValidationError(
          "--take, --value, --null, --undo, --by and --all belong to `conflicts DIR resolve`.")
      }
      if action.first == "show", numbers.isEmpty {
        throw ValidationError("Give the numbers of the conflicts to show.")
      }
    case "resolve":
      guard choiceCount == 1 else {
        throw ValidationError("Give one of --take BRANCH, --value VALUE, --null and --undo.")
      }
      guard all != !numbers.isEmpty else {
        throw ValidationError("Give the conflicts' numbers, or --all with filters, not both.")
      }
    case let first?:
      throw ValidationError("Unexpected argument “\(first)”. Did you mean show or resolve?")
    }
  }

  func perform() async throws -> ExitStatus {
    if let request {
      let done = try request.perform(undone: undone)
      Console.print(output.json ? done.json.text : done.line)
      return .done
    }
    var ledger = try Place(place, undone: undone).ledger(openOnly: filter.open)
    ledger.conflicts = try filter.selected(ledger, undone: undone)
    let ids = action.dropFirst().compactMap { UInt64($0) }
    if !ids.isEmpty { ledger.conflicts = try ledger.entries(ids, undone: undone) }
    if output.json {
      Console.print(ledger.json)
    } else {
      Console.print(lines: ledger.lines(style: Console.style))
    }
    return ledger.hasOpen ? .leftovers : .done
  }
}
