internal import ArgumentParser

/// `tributary leave DB`
struct LeaveCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "leave",
    abstract: "Remove every trace of the engine; the application's tables and rows stay.",
    discussion: """
      Changes that the hub does not have yet stay in this database only: sync first if it should \
      have them. Then tell the hub, so that it no longer waits for this branch.

        tributary sync customers.db
        tributary leave customers.db
        tributary hub revoke /srv/hub Riverside      (at the hub)

      A database that has left and joins again brings its rows as any database does. Where rows \
      have numbers of this branch's own they are then new records; this command says so. To go \
      on with what the hub has, join with a file that does not exist.

      Exit codes: 0; 10 not a branch; 11 locked.
      """)

  @Argument(help: "The branch's SQLite database.", completion: .file())
  var database: String

  @OptionGroup var waiting: WaitOptions

  var undone: String { "\(database) has not left its hub." }

  func perform() async throws -> ExitStatus {
    try await Leaving(
      database: database, waitMilliseconds: waiting.wait.milliseconds, undone: undone
    ).leave()
    return .done
  }
}
