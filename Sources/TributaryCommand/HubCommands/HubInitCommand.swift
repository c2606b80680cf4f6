internal import ArgumentParser
internal import HubStore
internal import Policies
internal import Storage
internal import Transport

/// `tributary hub init DIR --like DB`
struct HubInitCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a hub for the tables of an existing database.",
    discussion: """
      Takes the tables and their columns from a database; not its rows: those come when a branch \
      joins with it. Without --table, every table with a primary key is tracked. Also makes the \
      hub's private certificate authority and its server certificate.

        tributary hub init /srv/hub --like customers.db --host hub.example.com

      Exit codes: 0; 1 failed, nothing was made; 13 a table cannot be tracked.
      """)

  @Argument(help: "The hub's folder: new, or empty.", completion: .directory)
  var folder: String

  @Option(
    help: ArgumentHelp("The SQLite database whose tables the hub gets.", valueName: "db"),
    completion: .file())
  var like: String

  @Option(help: ArgumentHelp("A table to track; repeat for more.", valueName: "name"))
  var table: [String] = []

  @Option(
    help: ArgumentHelp(
      "A DNS name or IP address under which branches reach the hub; repeat for more.",
      valueName: "name"))
  var host: [String] = []

  @Option(
    help: ArgumentHelp("A policy file to publish at once; see `policy check`.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var policy: String?

  @OptionGroup var output: OutputOptions

  var undone: String { "No hub was made in \(folder)." }

  func perform() async throws -> ExitStatus {
    if let policy {
      // Before anything is made.
      let check = PolicyCheck(
        file: policy, tables: try PolicyTables(database: like, undone: undone),
        text: try PolicySource.bytes(of: policy, undone: undone))
      for line in check.remarkLines(style: Console.errorStyle) { Console.note(line) }
      if let failure = check.failure { throw failure }
    }
    let plan = try HubPlan(
      folder: folder, database: like, tables: table.isEmpty ? nil : table, undone: undone)
    let now = WallClock.systemMilliseconds()
    try plan.make(hostNames: host, wallMilliseconds: now)
    if let policy { try publish(policy, wallMilliseconds: now) }
    if output.json {
      Console.print(plan.json)
    } else {
      Console.print(lines: plan.lines)
    }
    return .done
  }
  private func publish(_ file: String, wallMilliseconds: Int64) throws {
    let store = try HubAccess.open(folder, undone: undone)
    try store.registerHeadquarters(wallMilliseconds: wallMilliseconds)
    let policy = try PolicySource.policy(of: file, at: store, undone: undone)
    _ = try store.publish(policy.policy, source: policy.text, wallMilliseconds: wallMilliseconds)
  }
}
