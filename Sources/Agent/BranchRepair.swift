package import BranchStore
internal import Clocks
internal import Deltas
package import Sessions
internal import Storage

/// Compares tables of a branch with the hub's and heals what differs, as ordinary changes.
///
/// A difference counts once two comparisons with a whole sync between them have found the same:
/// what is merely on its way is none. It is sent as a change that never saw the hub's row, or the
/// hub's row is taken: where that is asked for, and where a row that was sent still differs. Of a
/// table that is not compared, since its rows stay at the hub, all rows are sent again.
///
/// Effects are performed one by one; `sync` is a whole sync, answered by `synced` once it had
/// nothing left to do.
package final class BranchRepair {
  package enum Effect: Sendable {
    case send(HubRequest)
    case sync
    case finish(RepairReport)
  }

  private enum Stage {
    /// The first look, whose differences the second must find again.
    case comparing(before: [RowDifference]?)
    case syncing(before: [RowDifference]?)
    case fetching
  }

  private let store: BranchStore
  private var stage = Stage.syncing(before: nil)
  private var comparison: BranchComparison?
  /// The tables that are not known to be equal.
  private var open: [Gap]
  /// Rows that were sent and must be equal the next time.
  private var sent: Set<RowKey> = []
  /// Rows to be taken from the hub, and how many of them the request under way asks for.
  private var toTake: [RowDifference] = []
  private var askedCount = 0
  /// Rows that were taken; one that differs all the same is no progress.
  private var taken: Set<RowKey> = []
  private var idleRoundCount = 0
  private var report = RepairReport()

  package init(store: BranchStore, gaps: [Gap]) {
    self.store = store
    open = gaps
    let tables = Set(gaps.map(\.table))
    report.tables = store.schema.tables.filter { tables.contains($0.id) }.map(\.name)
  }

  /// Begins, after a sync that had nothing left to do.
  package func start(wallMilliseconds: Int64) throws -> Effect {
    let withheld = try open.map(\.table).filter(store.withholds)
    try sendAgain(withheld, wallMilliseconds: wallMilliseconds)
    return withheld.isEmpty ? try compare(before: nil) : sync(before: nil)
  }

  /// Settles gaps in which nothing is compared.
  private func sendAgain(_ tables: [TableID], wallMilliseconds: Int64) throws {
    guard !tables.isEmpty else { return }
    let sent = open.filter { tables.contains($0.table) && $0.isSent }.map(\.table)
    if !sent.isEmpty { try store.sendAgain(sent, wallMilliseconds: wallMilliseconds) }
    try store.closeGaps(tables)
    open.removeAll { tables.contains($0.table) }
    report.tables = store.schema.tables.filter { table in open.contains { $0.table == table.id } }
      .map(\.name)
  }

  /// Takes the hub's answer to the request sent last.
  package func handle(_ response: HubResponse, wallMilliseconds: Int64) throws -> Effect {
    switch stage {
    case .comparing(let before):
      guard let comparison else { throw BranchComparison.UnexpectedAnswer(refusal: nil) }
      return try advance(
        try comparison.handle(response), before: before, wallMilliseconds: wallMilliseconds)
    case .fetching: return try take(response, wallMilliseconds: wallMilliseconds)
    case .syncing: throw BranchComparison.UnexpectedAnswer(refusal: nil)
    }
  }

  /// Goes on after a sync that had nothing left to do.
  package func synced() throws -> Effect {
    guard case .syncing(let before) = stage else {
      throw BranchComparison.UnexpectedAnswer(refusal: nil)
    }
    return try compare(before: before)
  }

  // MARK: Comparing

  private func compare(before: [RowDifference]?) throws -> Effect {
    guard !open.isEmpty else { return .finish(report) }
    let tables = Set(open.map(\.table))
    let schema = Schema(
      tables: store.known.tables.filter { tables.contains($0.id) }, otherSQL: [])
    let comparison = BranchComparison(
      database: store.database, schema: schema, synced: store.schema, keys: store.keyColumns,
      isNaming: true, called: try store.localNames())
    self.comparison = comparison
    stage = .comparing(before: before)
    return try advance(try comparison.start(), before: before, wallMilliseconds: 0)
  }

  private func advance(
    _ effect: BranchComparison.Effect, before: [RowDifference]?, wallMilliseconds: Int64
  ) throws -> Effect {
    switch effect {
    case .send(let request): return .send(request)
    case .finish(let tables):
      let withheld = comparison?.withheld ?? []
      comparison = nil
      try sendAgain(withheld, wallMilliseconds: wallMilliseconds)
      let equal = tables.filter(\.isEqual).map(\.table.id)
      try store.closeGaps(equal)
      open.removeAll { equal.contains($0.table) }
      report.leftCount = tables.reduce(0) {
        $0 + $1.onlyHereCount + $1.onlyAtHubCount + $1.differentCount
      }
      let differences = tables.flatMap(\.differences)
      guard !open.isEmpty else { return .finish(report) }
      guard let before else { return sync(before: differences) }
      let same = Set(before)
      return try heal(
        differences.filter { same.contains($0) }, wallMilliseconds: wallMilliseconds)
    }
  }

  private func sync(before: [RowDifference]?) -> Effect {
    stage = .syncing(before: before)
    return .sync
  }

  // MARK: Healing

  private func heal(_ found: [RowDifference], wallMilliseconds: Int64) throws -> Effect {
    let waiting = Set(try store.deferredRows().map(\.key))
    let differences = found.filter { !waiting.contains($0.key) }
    let sending = Set(open.filter(\.isSent).map(\.table))
    let held = Dictionary(uniqueKeysWithValues: open.map { ($0.table, $0.held) })
    let toSend = differences.filter {
      sending.contains($0.key.table) && !sent.contains($0.key)
    }
    toTake = differences.filter {
      !sending.contains($0.key.table) || sent.contains($0.key)
    }
    var isIdle = toTake.allSatisfy { taken.contains($0.key) }
    if !toSend.isEmpty {
      let keys = Set(
        try store.capture(
          toSend.map { Difference($0, held: held[$0.key.table] ?? .start) },
          wallMilliseconds: wallMilliseconds))
      sent.formUnion(keys)
      report.sent += toSend.filter { keys.contains($0.key) }
      if !keys.isEmpty { isIdle = false }
    }
    if isIdle {
      idleRoundCount += 1
      guard idleRoundCount < ComparisonLimits.idleRoundsMax else {
        return try end(left: found, waiting: waiting, wallMilliseconds: wallMilliseconds)
      }
    }
    return try fetch()
  }

  /// What is left cannot be healed now: a gap stays open unless all of it waits here anyway.
  private func end(
    left: [RowDifference], waiting: Set<RowKey>, wallMilliseconds: Int64
  ) throws -> Effect {
    if left.count == report.leftCount, left.allSatisfy({ waiting.contains($0.key) }) {
      try store.closeGaps(
        open.map(\.table), leaving: left.map(\.key), wallMilliseconds: wallMilliseconds)
    }
    return .finish(report)
  }

  private func fetch() throws -> Effect {
    guard let first = toTake.first else { return sync(before: nil) }
    stage = .fetching
    let keys = toTake.prefix { $0.key.table == first.key.table }
      .prefix(ComparisonLimits.rowsPerFetch).map(\.key)
    askedCount = keys.count
    return .send(
      .fetchRows(FetchRowsRequest(table: first.key.table, keys: keys.map(\.encoded))))
  }

  private func take(_ response: HubResponse, wallMilliseconds: Int64) throws -> Effect {
    if case .refused(let refusal) = response {
      throw BranchComparison.UnexpectedAnswer(refusal: refusal)
    }
    // Large rows may fill a message before the last key: the rest is asked for again.
    guard case .rows(let answer) = response, (1...askedCount).contains(answer.rows.count) else {
      throw BranchComparison.UnexpectedAnswer(refusal: nil)
    }
    let answered = toTake.prefix(answer.rows.count)
    _ = try store.restore(
      zip(answered, answer.rows).map { ($0.key, $1) }, wallMilliseconds: wallMilliseconds)
    for row in answered where taken.insert(row.key).inserted { report.taken.append(row) }
    toTake.removeFirst(answer.rows.count)
    return try fetch()
  }
}

extension Difference {
  /// What a comparison has found, for the store. `held` is where rows that only the branch has were
  /// integrated, if it was before what the hub remembers.
  init(_ difference: RowDifference, held: LogPosition) {
    switch difference.kind {
    case .onlyHere: self.init(key: difference.key, kind: .onlyHere, base: held)
    case .onlyAtHub: self.init(key: difference.key, kind: .onlyAtHub)
    case .different(let columns):
      let found = columns.map { Difference.Column($0.column, here: $0.here, atHub: $0.atHub) }
      self.init(key: difference.key, kind: .columns(found))
    }
  }
}
