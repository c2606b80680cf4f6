internal import ArgumentParser
internal import Deltas
internal import HubStore

/// `tributary history DIR TABLE KEY [COLUMN]`
struct HistoryCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Print every value that a row ever had at the hub, or the row as of a date.",
    discussion: """
      Oldest first: what was written, by which branch, in which changeset, when, and what became \
      of it. “#17” is the conflict that `tributary conflicts DIR show 17` tells of.

        tributary history /srv/hub customer 4711
        tributary history /srv/hub customer 4711 phone
        tributary history /srv/hub order_line '[10248, 11]'

      As of a date: the row right after the last of its changes that the hub had received by \
      then. A date alone is the end of that day; times are UTC unless they say otherwise.

        tributary history /srv/hub customer 4711 --as-of 2026-03-01
        tributary history /srv/hub customer 4711 phone --as-of 2026-03-01T08:15+01:00

      The hub keeps what led to its rows for as long as `tributary hub serve --keep-history` \
      says. What it does not know it calls unknown.

      Exit codes: 0; 1 no such table or column; 10 not a hub.
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @Argument(help: "The table.")
  var table: String

  @Argument(help: "The row's key, as the hub has it; a composite key as a JSON array.")
  var key: String

  @Argument(help: "One column; without it, all.")
  var column: String?

  @Option(
    help: ArgumentHelp(
      "The row as the hub had it then: 2026-03-01, 2026-03-01T08:15Z.", valueName: "date"))
  var asOf: PastTime?

  @Option(
    help: ArgumentHelp("The most changesets to print; of more, the newest.", valueName: "count"))
  var limit: Int = HubStoreLimits.historyEntriesMax

  @OptionGroup var output: OutputOptions

  var undone: String { "No history of \(table) \(ValueText.escaped(key)) was read." }

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit is 1 or more.") }
  }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(folder, undone: undone)
    let table = try store.schema.table(called: table, undone: undone)
    let column = try column.map { try table.column(called: $0, undone: undone) }
    let key = try KeyArgument.read(key, for: table)
    let columns = column.map { [$0.id] as Set }
    let history = try store.history(
      of: table.id, key: key.encoded, columns: columns, atMost: asOf == nil ? limit : 1)
    if let asOf {
      let row =
        try store.row(of: table.id, key: key.encoded, at: asOf.milliseconds) ?? .unknown
      let report = PastRowReport(
        table: table, key: key, column: column?.id, milliseconds: asOf.milliseconds, row: row,
        unknown: history.unknown)
      if output.json {
        Console.print(report.json)
      } else {
        Console.print(lines: report.lines(style: Console.style))
      }
      return .done
    }
    let report = HistoryReport(
      table: table, key: key, column: column?.id, history: history, names: try store.names())
    if output.json {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines(style: Console.style))
    }
    return .done
  }
}
