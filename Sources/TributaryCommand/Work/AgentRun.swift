internal import Logging

/// Keeps several branches in sync until it is asked to stop.
struct AgentRun {
  let databases: [String]
  let undone: String

  func run() async throws -> ExitStatus {
    // Opened once before anything is promised: a wrong path is told at once.
    for database in databases { _ = try BranchAccess.openForWriting(database, undone: undone) }
    let logger = Logger(label: "tributary.agent") { StreamLog(label: $0) }
    let (stops, stopping) = AsyncStream<Void>.makeStream()
    let signals = Interruption.listen { _ in stopping.finish() }
    defer { withExtendedLifetime(signals) {} }
    logger.info("The agent runs.", metadata: ["databases": "\(databases.count)"])
    let ends = await withTaskGroup(of: ExitStatus?.self) { group in
      for database in databases {
        group.addTask { await BranchAgent(database: database, logger: logger).run() }
      }
      group.addTask {
        for await _ in stops {}
        return nil
      }
      var ends: [ExitStatus] = []
      while let end = await group.next() {
        guard let end else { break }
        ends.append(end)
        if ends.count == databases.count { break }
      }
      group.cancelAll()
      return ends
    }
    logger.info("The agent has stopped.")
    return ends.count == databases.count ? ends.first { $0 != .done } ?? .done : .done
  }
}
