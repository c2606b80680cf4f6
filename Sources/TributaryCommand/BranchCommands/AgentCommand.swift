internal import ArgumentParser

/// `tributary agent DB…`
struct AgentCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent",
    abstract: "Stay running, and sync whenever something changes on either side.",
    discussion: """
      Looks at each database once a second, hears of the hub's news at once, and tries again at \
      growing intervals while the hub is away. SIGTERM or SIGINT: finishes what is in flight, \
      then exits 0. Messages go to standard error, one line each.

        tributary agent customers.db orders.db
      """)

  @Argument(help: "The branches' SQLite databases.", completion: .file())
  var databases: [String]

  var undone: String { "The agent was not started." }

  func perform() async throws -> ExitStatus {
    try await AgentRun(databases: databases, undone: undone).run()
  }
}
