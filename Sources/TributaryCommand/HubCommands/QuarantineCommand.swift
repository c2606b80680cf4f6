internal import ArgumentParser
internal import Clocks
internal import Deltas
internal import HubStore
internal import Transport

/// `tributary quarantine DIR list|retry|drop …`
struct QuarantineCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "quarantine",
    abstract: "Look at rows that their tables refuse or that refer to none; retry or drop them.",
    discussion: """
      A row waits here if a constraint of its table refuses it, such as a number that another \
      row has, or if it refers to a row that is not there. Nothing waits behind it, and nothing \
      of it is lost. It ends by itself once the other row makes room, or comes.

        tributary quarantine /srv/hub list
        tributary quarantine /srv/hub list --table orders --json

      retry tries at once and says what came of it: a row that was deleted may stand again \
      where the policy has another rule by now.

        tributary quarantine /srv/hub retry orders 10248
        tributary quarantine /srv/hub retry --all

      drop gives up what was refused, or deletes the row that refers to none. That is a \
      decision of headquarters: every branch hears of it, the ledger keeps the row, and \
      `conflicts DIR resolve ID --undo` takes it back.

        tributary quarantine /srv/hub drop orders 10248 --by 'Eve Zhang'

      Exit codes: 0; 3 when a row is listed, or still waits after retry; 10 no hub.
      """)

  enum Action: String, ExpressibleByArgument, CaseIterable {
    case list, retry, drop
  }

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @Argument(help: "What to do: list, retry or drop.")
  var action = Action.list

  @Argument(
    help: ArgumentHelp(
      "For retry and drop: the table and the key of the row; a composite key as a JSON array.",
      valueName: "row"))
  var row: [String] = []

  @Option(help: "With list: only rows of this table.")
  var table: String?
  @Flag(help: "With retry: all rows that wait.")
  var all = false
  @Option(help: ArgumentHelp("With drop: who decides, for the ledger.", valueName: "name"))
  var by: String = ""

  @OptionGroup var output: OutputOptions

  var undone: String {
    switch action {
    case .list: "The quarantine of \(ValueText.escaped(folder)) was not listed."
    case .retry: "No row of \(ValueText.escaped(folder)) was tried again."
    case .drop: "No row of \(ValueText.escaped(folder)) was given up."
    }
  }

  func validate() throws {
    let isRow = row.count == 2
    switch action {
    case .list where !row.isEmpty:
      throw ValidationError("`list` takes no row; --table names one table.")
    case .retry where all != row.isEmpty || !all && !isRow:
      throw ValidationError("Give the row's table and key, or --all: `retry TABLE KEY`.")
    case .drop where !isRow:
      throw ValidationError("Give the row's table and key: `drop TABLE KEY`.")
    default: break
    }
    if all, action != .retry { throw ValidationError("--all belongs to `retry`.") }
    if table != nil, action != .list { throw ValidationError("--table belongs to `list`.") }
    if !by.isEmpty, action != .drop { throw ValidationError("--by belongs to `drop`.") }
  }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(folder, undone: undone)
    switch action {
    case .list: return try list(store)
    case .retry: return try retry(store)
    case .drop: return try drop(store)
    }
  }

  private func list(_ store: HubStore) throws -> ExitStatus {
    let wanted = try table.map { try store.schema.table(called: $0, undone: undone) }
    let report = QuarantineReport(
      rows: try store.quarantine(table: wanted?.id).rows, schema: store.schema,
      names: try store.names(), folder: folder)
    if output.json {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines(style: Console.style))
    }
    return report.rows.isEmpty ? .done : .leftovers
  }

  private func key(_ store: HubStore) throws -> RowKey? {
    guard row.count == 2 else { return nil }
    return try KeyArgument.read(row[1], for: try store.schema.table(called: row[0], undone: undone))
  }

  private func retry(_ store: HubStore) throws -> ExitStatus {
    let tried = try store.retryQuarantine(
      try key(store).map { [$0] }, wallMilliseconds: WallClock.systemMilliseconds())
    let rest = Set(tried.waiting)
    let report = QuarantineReport(
      rows: try store.quarantine().rows.filter { rest.contains($0.key) }, schema: store.schema,
      names: try store.names(), folder: folder)
    if output.json {
      Console.print(
        ["ended": .array(tried.ended.map(report.json)), "waiting": report.entries] as JSONValue)
    } else {
      Console.print(Self.line(tried))
      if !report.rows.isEmpty { Console.print(lines: [""] + report.lines(style: Console.style)) }
    }
    return tried.waiting.isEmpty ? .done : .leftovers
  }

  private static func line(_ tried: HubStore.Retried) -> String {
    switch (tried.ended.count, tried.waiting.count) {
    case (0, 0): "No row is in quarantine."
    case (0, let waiting): "\(NumberText.counted(waiting, "row")) tried; nothing has changed."
    case (let ended, 0):
      "\(NumberText.counted(ended, "row")) tried: none waits any more. Every branch hears of it at"
        + " its next sync."
    case (let ended, let waiting):
      "\(NumberText.counted(ended + waiting, "row")) tried: \(ended) \(ended == 1 ? "does" : "do")"
        + " not wait any more. Every branch hears of it at its next sync."
    }
  }

  private func drop(_ store: HubStore) throws -> ExitStatus {
    guard let key = try key(store) else { return .done }
    let done = try store.dropQuarantined(
      key, person: by, wallMilliseconds: WallClock.systemMilliseconds())
    if output.json {
      Console.print(
        [
          "conflict": .integer(Int64(clamping: done.conflict)),
          "position": .integer(Int64(clamping: done.position.rawValue)),
        ] as JSONValue)
    } else {
      Console.print(
        "Given up; the ledger keeps it as conflict \(done.conflict). To take that back:"
          + " tributary conflicts \(folder) resolve \(done.conflict) --undo")
    }
    return .done
  }
}
