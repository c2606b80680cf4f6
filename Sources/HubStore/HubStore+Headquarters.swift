internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// The hub's own chain: what people decide at headquarters, written like any branch's changes.
extension HubStore {
  /// The name of the chain that headquarters write to. No branch may take it.
  package static let headquartersName = "headquarters"

  /// Inside a transaction: writes changes that have seen all of the log, as one changeset, and
  /// returns its position. `note` may say more of them in the ledger: everybody is told.
  ///
  /// A decision is written whatever the policy says of who may write; other changes are not.
  /// Rows that stand elsewhere than in their table, in quarantine or in no record, are not for it.
  func writeOwn(
    _ changes: [RowChange], isDecision: Bool = false, wallMilliseconds: Int64,
    note: @escaping (LedgerWriter) throws -> Void = { _ in }
  ) throws -> LogPosition {
    let author = try headquarters(wallMilliseconds: wallMilliseconds)
    let head = try log.head()
    let header = ChangesetHeader(
      dot: Dot(replica: author.id, counter: author.chainCounter + 1), previous: author.chainHash,
      context: try timeline().place(at: head),
      timestamp: HybridTimestamp(
        milliseconds: wallMilliseconds, counter: 0, replica: author.id),
      schemaFingerprint: schemaFingerprint, isBaseline: false)
    let (bytes, hash) = try Self.stream(of: changes, header: header, schema: schema)
    let acceptor = ChangesetAcceptor(
      store: self, from: .author(author, handedTo: nil), claiming: hash,
      clockOffsetMilliseconds: 0, receivedMilliseconds: wallMilliseconds,
      budget: RawBudget(forCompressedBytes: bytes.count))
    acceptor.isDecision = isDecision
    acceptor.note = note
    try acceptor.take(bytes[...])
    return try acceptor.finish().position
  }

  /// Who stands behind a replica: of a chain without a device, whose own it continues.
  func author(_ replica: ReplicaID) throws -> (id: ReplicaID, name: String, state: ReplicaState) {
    var id = replica
    var visited: Set<ReplicaID> = []
    while visited.insert(id).inserted, let record = try self.replica(id) {
      guard record.state == .past, let parent = record.parent?.replica else {
        return (record.id, record.name, record.state)
      }
      id = parent
    }
    return (replica, "", .past)
  }

  /// Whether a replica is the chain of headquarters, this hub's or one from before a restore.
  func isHeadquarters(_ replica: ReplicaID) throws -> Bool {
    let author = try author(replica)
    return author.state == .headquarters || author.name == Self.headquartersName
  }

  /// Inside a transaction: whether a row has a change that was written at a position as it was
  /// written. A constraint may have refused it, or a later change of the row taken its place.
  func isWritten(_ change: RowChange, at position: LogPosition) throws -> Bool {
    guard let table = try table(change.key.table) else { return false }
    let record = try change.key.encoded.withUnsafeBytes { try rowRecords().record(table.id, $0) }
    switch record {
    case .unknown: return false
    case .covered(let covered, _): return change.kind == .insert && covered == position
    case .stored(let stored):
      let metadata = try stored.metadata()
      guard change.kind != .delete else { return metadata.place == .gone }
      return metadata.place == .table
        && metadata.versions(of: ColumnSet(change.columns), among: table.cells)
          .allSatisfy { $0.position == position }
    }
  }

  /// The chain's record; made when it is first needed.
  func headquarters(wallMilliseconds: Int64) throws -> ReplicaRecord {
    let name = Value.text(Self.headquartersName)
    if try database.firstRow(HubSQL.selectReplicaNamed, [name]) == nil {
      try database.execute(
        HubSQL.insertReplica,
        [
          name, .integer(ReplicaState.headquarters.rawValue), .integer(wallMilliseconds),
          Value(ContentHash.zero),
        ])
    }
    let record = try branch(named: Self.headquartersName)
    switch record.state {
    case .headquarters: return record
    // Somebody handed back what it had written before a restore.
    case .past: break
    case .active, .revoked, .retired:
      throw HubStoreError.damaged("a branch has the name of headquarters")
    }
    try database.execute(
      HubSQL.updateReplicaState, [.integer(ReplicaState.headquarters.rawValue), Value(record.id)])
    return try branch(named: Self.headquartersName)
  }

  /// A changeset's whole stream. Deletions come first, and each block's rows ascend by their keys.
  private static func stream(
    of changes: [RowChange], header: ChangesetHeader, schema: Schema
  ) throws -> (bytes: [UInt8], contentHash: ContentHash) {
    struct Shape: Hashable {
      var table: TableID
      var kind: ChangeKind
      var columns: [ColumnID]
    }
    let byShape = Dictionary(grouping: changes) {
      Shape(table: $0.key.table, kind: $0.kind, columns: $0.columns)
    }
    let shapes = byShape.keys.sorted { left, right in
      if (left.kind == .delete) != (right.kind == .delete) { return left.kind == .delete }
      if left.table != right.table { return left.table < right.table }
      if left.kind != right.kind { return left.kind.rawValue < right.kind.rawValue }
      return left.columns.lexicographicallyPrecedes(right.columns)
    }
    var writer = ChangesetWriter(header: header)
    var bytes = writer.headerFrame()
    for shape in shapes {
      let rows = (byShape[shape] ?? []).map { (key: $0.key.encoded, change: $0) }
        .sorted { $0.key.lexicographicallyPrecedes($1.key) }
      var builder = BlockBuilder(
        table: shape.table, kind: shape.kind, columns: shape.columns,
        keyColumnCount: schema.table(shape.table)?.keyColumns.count ?? 1)
      for row in rows {
        if builder.isFull {
          let count = builder.rowCount
          bytes += writer.blockFrame(raw: builder.finish(), rowCount: count)
        }
        builder.append(row.change)
      }
      let count = builder.rowCount
      bytes += writer.blockFrame(raw: builder.finish(), rowCount: count)
    }
    let (trailer, frame) = writer.finish()
    return (bytes + frame, trailer.contentHash)
  }
}

extension BlockBuilder {
  fileprivate mutating func append(_ change: RowChange) {
    beginRow(milliseconds: change.milliseconds, base: change.base)
    for value in change.key.values { value.withView { appendKey($0) } }
    for value in change.values { value.withView { append($0) } }
  }
}
