internal import BranchStore
internal import Deltas
internal import HubStore
internal import Sessions
internal import Transport

/// Where a row's values come from: asked of the hub's store, or of a branch and its hub.
struct WhyQuestion {
  let place: String
  let table: String
  let key: String
  let column: String?
  let undone: String

  func answer() async throws -> WhyReport {
    let place = try Place(place, undone: undone)
    let table = try place.schema.table(called: table, undone: undone)
    let column = try column.map { try table.column(called: $0, undone: undone) }
    let key = try KeyArgument.read(key, for: table)
    var report = WhyReport(table: table, key: key, shownKey: key, column: column?.id)
    switch place {
    case .hub(let store):
      let explanation = try store.explain(table: table.id, key: key.encoded)
      report.cells = explanation.cells.map(WhyReport.Cell.init)
      report.conflicts = explanation.conflicts
      report.names = try store.names()
      report.exists = explanation.exists
      report.quarantineReason = explanation.quarantineReason
      let trace = try store.trace(table: table.id, key: key.encoded, changeset: nil)
      report.trace = TraceResponse(
        changeset: nil,
        last: trace.last.map {
          TraceResponse.Arrival(
            position: $0.position, receivedMilliseconds: $0.receivedMilliseconds)
        },
        branches: trace.branches.map {
          TraceResponse.Branch(
            name: $0.name, acknowledged: $0.acknowledgedPosition,
            lastContactMilliseconds: $0.lastContactMilliseconds)
        })
    case .branch(let store):
      report.key = try store.sharedKey(of: key)
      try lookHere(store, &report)
      try await askHub(of: store, &report)
      report.conflicts = try store.shown(report.conflicts)
    }
    return report
  }

  // MARK: At a branch

  private func lookHere(_ store: BranchStore, _ report: inout WhyReport) throws {
    report.exists = try store.row(report.key) != nil
    report.branch = store.identity.branch
    report.replica = store.identity.replica
    report.pending = try store.progress(of: report.key)
    report.names = try store.names()
    report.conflicts = try store.ledger(openOnly: false).filter { $0.key == report.key }
    if let deferred = try store.deferredRows().first(where: { $0.key == report.key }) {
      report.quarantineReason = deferred.reason
      report.isWaiting = deferred.reason == nil
    }
    let columns = report.table.columns.map(\.id).sorted()
    if let row = try store.row(report.key) {
      report.valuesHere = Dictionary(uniqueKeysWithValues: zip(columns, row))
    }
  }

  private func askHub(of store: BranchStore, _ report: inout WhyReport) async throws {
    let identity = try DeviceIdentity(folder: BranchFolder(database: store.path).path)
    let line = HubLine.device(
      try HubConnection(
        url: try BranchLine.url(of: store, undone: undone), identity: identity,
        timeouts: HubTimeouts(connectMilliseconds: Self.connectMillisecondsMax)))
    do {
      let response = try await line.ask(
        .explain(ExplainRequest(table: report.table.id, key: report.key.encoded)))
      guard case .explanation(let answer) = response else { throw HubLine.unexpectedAnswer }
      report.cells = answer.cells.map(WhyReport.Cell.init)
      report.conflicts = answer.conflicts
      for entry in answer.names { report.names[entry.replica] = entry.name }
      // A hub of an earlier version does not know the question.
      let request = TraceRequest(
        table: report.table.id, key: report.key.encoded,
        counter: report.newestChangeset?.counter ?? 0)
      if case .trace(let trace)? = try? await line.ask(.trace(request)) { report.trace = trace }
      await line.close()
    } catch  where error is TransportError || error is Refusal {
      // What is known here is told all the same.
      report.failure = CommandFailure(
        error, undone: "The hub was not asked where the values come from.")
    }
  }

  /// Somebody waits for the answer, and most of it may be known here.
  private static let connectMillisecondsMax: Int64 = 3_000

  // MARK: Names
}
