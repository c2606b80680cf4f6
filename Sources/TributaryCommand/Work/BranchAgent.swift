internal import Agent
internal import BranchStore
internal import Clocks
internal import HubServer
internal import Logging
internal import Sessions
internal import Transport

/// One branch's part of the agent: syncs, waits for news of either side, syncs again.
struct BranchAgent: Sendable {
  let database: String
  let logger: Logger

  private static let lookMilliseconds: Int64 = 1_000
  private static let retryMillisecondsMin: Int64 = 1_000
  private static let retryMillisecondsMax: Int64 = 300_000
  private static let lockMillisecondsMax: Int64 = 30_000

  /// Returns when the task is cancelled, or why it makes no sense to go on.
  func run() async -> ExitStatus {
    let undone = "\(database) was not synced."
    var retryMilliseconds = Self.retryMillisecondsMin
    while !Task.isCancelled {
      do {
        let line = try BranchLine(
          database: database, waitMilliseconds: Self.lockMillisecondsMax, undone: undone)
        var version: Int64
        repeat {
          // Before the sync, so that what is written during it is looked at after it.
          version = try line.store.dataVersion()
          note(try await line.sync(), line.store)
          retryMilliseconds = Self.retryMillisecondsMin
        } while try await hasWork(line, since: version)
        await line.close()
      } catch is CancellationError {
        break
      } catch {
        let failure = CommandFailure(error, undone: undone)
        guard !Task.isCancelled else { break }
        log(failure)
        if Self.isFinal(failure) { return failure.status }
        try? await SystemTimer().wait(milliseconds: Self.spread(retryMilliseconds))
        retryMilliseconds = min(retryMilliseconds * 2, Self.retryMillisecondsMax)
      }
    }
    return .done
  }

  /// Whether waiting changes nothing: a person has to do something first.
  private static func isFinal(_ failure: CommandFailure) -> Bool {
    switch failure.status {
    case .revoked, .notInitialised: true
    default: false
    }
  }

  /// So that branches which lost the same hub do not return at the same moment.
  private static func spread(_ milliseconds: Int64) -> Int64 {
    Int64.random(in: milliseconds / 2...milliseconds)
  }

  // MARK: Waiting

  private enum Signal: Sendable {
    case look
    case news(GenerationID, head: LogPosition)
    case lost(TransportError)
  }

  /// Waits until something was written on either side. Throws when the hub is lost.
  ///
  /// `since` is the file's data version at which everything was known to be sent.
  private func hasWork(_ line: BranchLine, since: Int64) async throws -> Bool {
    let place = try line.store.place()
    let connection = line.connection
    var version = since
    return try await withThrowingTaskGroup(of: Signal.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await Self.look() }
      group.addTask { await Self.news(connection, after: place.position) }
      while let signal = try await group.next() {
        switch signal {
        case .look:
          let now = try line.store.dataVersion()
          if now != version, try line.store.status().pendingRowCount > 0 { return true }
          version = now
          group.addTask { try await Self.look() }
        case .news(let named, let head):
          // A log of another name, or one that is shorter: the hub was restored, and this branch
          // may have what it lost.
          if CausalContext(generation: named, position: head) != place { return true }
          group.addTask { await Self.news(connection, after: place.position) }
        case .lost(let error): throw error
        }
      }
      return false
    }
  }

  private static func look() async throws -> Signal {
    try await SystemTimer().wait(milliseconds: lookMilliseconds)
    return .look
  }

  private static func news(_ connection: HubConnection, after position: LogPosition) async -> Signal
  {
    do throws(TransportError) {
      switch try await connection.send(.awaitNews(after: position)).response {
      case .news(let generation, let head): return .news(generation, head: head)
      case .refused(let refusal): return .lost(.refused(refusal))
      default: return .lost(HubLine.unexpectedAnswer)
      }
    } catch {
      return .lost(error)
    }
  }

  // MARK: Log

  private func note(_ result: SyncResult, _ store: BranchStore) {
    let report = result.report
    for note in result.notes {
      logger.warning("\(note)", metadata: ["branch": "\(store.identity.branch)"])
    }
    guard report.pushed.rows > 0 || report.pulled.rows > 0 else { return }
    logger.info(
      "Synced.",
      metadata: [
        "branch": "\(store.identity.branch)", "sent": "\(report.pushed.rows)",
        "received": "\(report.pulled.rows)", "settled": "\(report.conflictsSettled)",
        "open": "\(report.conflictsOpen)", "quarantined": "\(report.quarantined)",
        "milliseconds": "\(result.elapsedMilliseconds)",
      ])
  }

  private func log(_ failure: CommandFailure) {
    logger.warning(
      "A sync did not come to its end.",
      metadata: [
        "database": "\(database)", "error-code": "\(failure.code.rawValue)",
        "why": "\(failure.why)",
      ])
  }
}
