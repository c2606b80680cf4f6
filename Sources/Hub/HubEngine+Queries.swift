internal import Basics
internal import Clocks
internal import Deltas
internal import HubStore
internal import Sessions
internal import Storage

/// Questions that change nothing.
extension HubEngine {
  func compare(_ request: CompareRequest) throws -> CompareResponse {
    guard (0...SessionLimits.compareBitsMax).contains(request.bits) else {
      throw Self.refused(.tooLarge, "the number of bits is above \(SessionLimits.compareBitsMax)")
    }
    guard request.buckets.count <= SessionLimits.compareBucketsMax else {
      throw Self.refused(.tooLarge, "more than \(SessionLimits.compareBucketsMax) buckets")
    }
    guard request.buckets.allSatisfy({ $0 >> UInt32(request.bits) == 0 }) else {
      throw Self.refused(.malformed, "a bucket has a number beyond the last")
    }
    try expectTold(request.table)
    let comparison = try store.compare(
      request.table, columns: request.columns, bits: request.bits, buckets: request.buckets,
      rowsAtMost: SessionLimits.compareRowsMax)
    switch comparison {
    case .buckets(let position, let digests):
      return CompareResponse(position: position, buckets: digests, rows: [])
    case .rows(let position, let rows):
      let bytes = rows.reduce(0) { $0 + $1.key.count + Self.digestBytes }
      guard bytes <= Self.answerBytesMax else { throw Self.tooManyRows }
      return CompareResponse(
        position: position, buckets: [],
        rows: rows.map { KeyedDigest(key: $0.key, digest: $0.digest) })
    case .tooManyRows: throw Self.tooManyRows
    case .unknownTable: throw Self.unknownTable
    }
  }

  /// Rows from the first key on, perhaps not of all keys: what is missing is asked for again.
  func fetchRows(_ request: FetchRowsRequest) throws -> FetchRowsResponse {
    guard request.keys.count <= SessionLimits.fetchRowsMax else {
      throw Self.refused(.tooLarge, "more than \(SessionLimits.fetchRowsMax) rows at once")
    }
    try expectTold(request.table)
    let rows = try store.rows(
      of: request.table, keys: request.keys, bytesAtMost: Self.answerBytesMax)
    guard let rows else { throw Self.unknownTable }
    if rows.count == 1, let row = rows[0], Self.byteCount(row) > Self.answerBytesMax {
      throw Self.refused(.tooLarge, "the row does not fit a message")
    }
    return FetchRowsResponse(rows: rows)
  }

  func explain(_ request: ExplainRequest) throws -> ExplainResponse {
    try expectTold(request.table)
    let explanation = try store.explain(table: request.table, key: request.key)
    var bytesLeft = Self.answerBytesMax / 2
    /// Values that do not fit the answer are left out; their provenance is not.
    func fitting(_ value: Value?) -> Value? {
      guard let value, Self.byteCount([value]) <= bytesLeft else { return nil }
      bytesLeft -= Self.byteCount([value])
      return value
    }
    let cells = explanation.cells.prefix(SessionLimits.explainCellsMax).map { cell in
      CellProvenance(
        column: cell.column, dot: cell.dot, branch: cell.branch, position: cell.position,
        milliseconds: cell.milliseconds, receivedMilliseconds: cell.receivedMilliseconds,
        value: fitting(cell.value))
    }
    var conflicts: [Conflict] = []
    var conflictBytes = 0
    for conflict in explanation.conflicts.prefix(SessionLimits.explainConflictsMax) {
      conflictBytes += Conflict.payload(of: [conflict]).count
      guard conflictBytes <= Self.answerBytesMax / 2 else { break }
      conflicts.append(conflict)
    }
    let replicas = Set(cells.map(\.dot.replica))
      .union(conflicts.flatMap { $0.values.map(\.dot.replica) })
    return ExplainResponse(
      exists: explanation.exists, cells: cells, conflicts: conflicts,
      names: try replicaNames().filter { replicas.contains($0.replica) })
  }

  func trace(_ request: TraceRequest, from replica: ReplicaID) throws -> TraceResponse {
    let trace = try store.trace(
      table: request.table, key: request.key,
      changeset: request.counter == 0
        ? nil : Dot(replica: replica, counter: request.counter))
    func arrival(_ arrival: HubStore.Arrival) -> TraceResponse.Arrival {
      TraceResponse.Arrival(
        position: arrival.position, receivedMilliseconds: arrival.receivedMilliseconds)
    }
    return TraceResponse(
      changeset: trace.changeset.map(arrival), last: trace.last.map(arrival),
      branches: trace.branches.filter { $0.id != replica }.prefix(DeltaLimits.replicasMax).map {
        TraceResponse.Branch(
          name: $0.name, acknowledged: $0.acknowledgedPosition,
          lastContactMilliseconds: $0.lastContactMilliseconds)
      })
  }

  /// Refuses what would tell of rows that stay at the hub.
  private func expectTold(_ table: TableID) throws {
    guard try store.withholds(table) else { return }
    throw Refusal(
      code: .withheld,
      message: """
        The hub did not answer: what branches write in this table stays at the hub. Ask at the \
        hub itself.
        """)
  }

  // MARK: Limits and refusals

  /// What an answer's rows may measure: the rest of the body is for what is around them.
  private static let answerBytesMax = SessionLimits.bodyBytesMax * 3 / 4
  private static let digestBytes = 20

  private static func byteCount(_ values: [Value]) -> Int {
    values.reduce(0) { sum, value in
      switch value {
      case .text(let bytes), .blob(let bytes): sum + bytes.count + 8
      case .null, .integer, .real: sum + 10
      }
    }
  }

  private static func refused(_ code: RefusalCode, _ why: String) -> Refusal {
    Refusal(code: code, message: "The hub did not answer: \(why). Ask for less at a time.")
  }

  private static let tooManyRows = refused(.tooLarge, "the buckets have too many rows")
  private static let unknownTable = Refusal(
    code: .malformed,
    message: """
      The hub did not answer: it tracks no table with this number. Bring both to the same schema \
      and try again.
      """)
}
