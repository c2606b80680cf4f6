internal import ArgumentParser
internal import BranchStore

/// `tributary join DB TOKEN`
struct JoinCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "join",
    abstract: "Make a database a branch of the hub that issued a token.",
    discussion: """
      A file that does not exist is made and filled from the hub. An existing database keeps its \
      tables, rows, indexes, triggers and the programs that use it; triggers are added that note \
      what changes, and the rows it has are its first changes. Rows that the hub has with the \
      same contents are not sent again.

        tributary join customers.db trib1.AbCd…
        tributary join customers.db trib1.AbCd… --dry-run

      If rows here have the hub's keys but other contents, nothing is joined and they are named: \
      they may be other records that only got the same numbers. Look at them, then say \
      --keys same if equal keys are the same record; the hub's contents then stand, and this \
      database's go to the ledger. Say --keys own if this database's keys are its own, as those of \
      a shop that lived apart: nothing of it is then taken for a record of others, now or later. \
      Programs go on with their numbers; others know the rows by shared ones.

        tributary join customers.db trib1.AbCd… --keys own --dry-run
        tributary join customers.db trib1.AbCd… --keys own \\
          --refers orders.seller=employee

      Numbers that SQLite gives to new rows of an INTEGER PRIMARY KEY are this branch's own in any \
      case: two branches never give one to two records. Numbers that programs write are shared.

      Foreign keys say which columns hold other tables' keys. Where a column looks as if it did \
      and no foreign key says so, --keys own stops and asks: --refers or --plain. Without it, the \
      numbers of that table are shared, and the join says so.

      The device's private key is made here and stays in DB-tributary/, for you alone. If \
      something fails, the database is as it was, and the same token works again.

      Exit codes: 0 joined; 1 stopped, also by clashing rows; 4 token refused; 5 hub not reached; \
      11 database locked; 13 tables do not fit.
      """)

  @Argument(help: "The branch's SQLite database.", completion: .file())
  var database: String

  @Argument(help: "The line that `tributary hub invite` printed.")
  var token: String

  enum Keys: String, CaseIterable, ExpressibleByArgument {
    case same, own
  }

  @Option(
    help: ArgumentHelp(
      """
      What equal keys with other contents mean: the same record (same), or records of this \
      database's own (own).
      """, valueName: "same|own"))
  var keys: Keys?

  @Option(
    help: ArgumentHelp(
      "A column holds a table's keys although no foreign key says so.",
      valueName: "table.column=table"))
  var refers: [String] = []

  @Option(
    help: ArgumentHelp(
      "A column only looks as if it held another table's keys.",
      valueName: "table.column"))
  var plain: [String] = []

  @Flag(help: "Say what would be done and what stands in the way; change nothing.")
  var dryRun = false

  @OptionGroup var output: OutputOptions
  @OptionGroup var waiting: WaitOptions

  var undone: String {
    dryRun ? "Joining \(database) was not tried out." : "\(database) was not joined."
  }

  func validate() throws { _ = try ownKeys() }

  private func ownKeys() throws -> OwnKeyNames {
    let scope: OwnKeys.Scope = keys == .own ? .everything : .newNumbers
    guard let names = OwnKeyNames(scope, refers: refers, plain: plain) else {
      throw ValidationError(
        "Give --refers as table.column=table, and --plain as table.column.")
    }
    return names
  }

  func perform() async throws -> ExitStatus {
    let joining = Joining(
      database: database, token: token, treatsEqualKeysAsSame: keys == .same,
      ownKeys: try ownKeys(), waitMilliseconds: waiting.wait.milliseconds, undone: undone)
    return dryRun
      ? try await joining.rehearse(asJSON: output.json)
      : try await joining.join(asJSON: output.json)
  }
}
