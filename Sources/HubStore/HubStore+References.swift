internal import Basics
internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// The references among the consolidated tables. SQLite does not enforce them here, for rows come
/// in the order of changesets and parents perhaps after children; they are looked at instead at
/// the end of each changeset.
struct KnownReferences {
  var schemaVersion: Int64?
  var policyHash: ContentHash?
  var all: [Reference] = []
  var byChild: [TableID: [Reference]] = [:]
  /// By the table whose rows live and die with those of another: the reference to that.
  var groups: [TableID: Reference] = [:]

  /// How many columns the longest key of a row has that refers to another.
  var keyColumnsMax: Int { all.map(\.child.keyColumns.count).max() ?? 1 }

  func isTop(_ table: TableID) -> Bool {
    groups.values.contains { $0.parent.id == table }
  }

  func isInGroup(_ table: TableID) -> Bool {
    !groups.isEmpty && (groups[table] != nil || isTop(table))
  }

  /// The references of the tables whose rows belong to those of one, in the order of the tables.
  func groups(under top: TableID) -> [Reference] {
    groups.keys.sorted().compactMap { groups[$0] }.filter { $0.parent.id == top }
  }

  /// A row that belongs to one which belongs to a third is decided by itself.
  static func groups(_ all: [Reference], _ policy: MergePolicy) -> [TableID: Reference] {
    var result: [TableID: Reference] = [:]
    for reference in all {
      guard let parent = policy.table(reference.child.id).parent,
        parent.table == reference.parent.id, Set(parent.columns) == Set(reference.columns),
        policy.table(parent.table).parent == nil, reference.refersToKey, reference.comparesAlike
      else { continue }
      result[reference.child.id] = reference
    }
    return result
  }
}

extension HubStore {
  /// Inside a transaction: sees to it that whatever may break a reference or mend one is noted from
  /// here on, and that the list of those that are broken is that of the references there are.
  ///
  /// Cheap while neither schema nor policy change. Linear in the tables of references that are new.
  @discardableResult
  func watchReferences() throws -> KnownReferences {
    try refreshSchema()
    if let known = knownReferences, known.schemaVersion == schemaVersion,
      known.policyHash == knownPolicyHash
    {
      if known.all.isEmpty { return known }
      if try database.integer(HubSQL.isWatching) != nil { return known }
    }
    let all = try Reference.list(
      of: schema, named: { policy.table($0).namedReferences }, in: database)
    try stopWatching()
    for reference in all {
      try makeIndex(reference.child, reference.columns)
      try makeIndex(reference.parent, reference.parentColumns)
    }
    var known = KnownReferences(
      schemaVersion: try database.integer(HubSQL.fileSchemaVersion), policyHash: knownPolicyHash,
      all: all)
    known.byChild = Dictionary(grouping: all, by: \.child.id)
    known.groups = KnownReferences.groups(all, policy)
    try relist(all)
    if !all.isEmpty { try watch(known) }
    knownReferences = known
    return known
  }

  /// What watches names tables and columns: nothing can be renamed meanwhile.
  func stopWatching() throws {
    knownReferences = nil
    for row in try database.rows(HubSQL.selectWatchers) {
      try database.executeScript(HubSQL.dropWatcher(row[0].asText))
    }
    try database.executeScript(HubSQL.dropNoted)
  }

  private func watch(_ known: KnownReferences) throws {
    try database.executeScript(HubSQL.createNoted(keyColumnsMax: known.keyColumnsMax))
    let watchers =
      known.byChild.keys.sorted().flatMap { HubSQL.childWatchers(known.byChild[$0] ?? []) }
      + known.all.enumerated().flatMap { HubSQL.parentWatchers($1, number: $0) }
    for sql in watchers { try database.executeScript(sql) }
  }

  /// Who refers to a row is found by an index, unless there is one already.
  private func makeIndex(_ table: TableSchema, _ columns: [ColumnID]) throws {
    if case .rowID? = KeyAffinity.list(of: table).first, columns == table.keyColumns { return }
    let wanted = Set(
      columns.compactMap { table.column($0) }.map {
        UniqueIndex.Part(
          column: SchemaReader.asciiLowercased($0.name), collation: $0.collation)
      })
    var parts: [Value: [UniqueIndex.Part]] = [:]
    for row in try database.rows(HubSQL.selectIndexParts, [.text(table.name)]) {
      let column = row[1] == .null ? "" : row[1].asText
      parts[row[0], default: []].append(
        UniqueIndex.Part(
          column: SchemaReader.asciiLowercased(column), collation: row[2].asText))
    }
    guard !parts.values.contains(where: { Set($0.prefix(columns.count)) == wanted }) else { return }
    try database.executeScript(HubSQL.createIndex(table, columns))
  }

  // MARK: Listing

  /// Lists what new references do not find, and forgets what only references said that are gone.
  private func relist(_ all: [Reference]) throws {
    let listed = Set(try database.rows(HubSQL.selectReferences).map { $0[0].asText })
    for name in listed.subtracting(all.map(\.name)) {
      try database.execute(HubSQL.deleteOrphansOfReference, [.text(name)])
      try database.execute(HubSQL.deleteReference, [.text(name)])
    }
    for reference in all where !listed.contains(reference.name) {
      let head = try log.head()
      try forEachUnmet(of: reference) { try listOrphan($0, of: reference, at: head) }
      try database.execute(HubSQL.insertReference, [.text(reference.name)])
    }
  }

  /// The rows whose reference finds nothing. Linear in the table.
  func forEachUnmet(of reference: Reference, _ body: (RowKey) throws -> Void) throws {
    let statement = try database.prepare(HubSQL.selectUnmet(reference))
    while try statement.step() {
      let key = (0..<statement.columnCount).map { statement.value($0) }
      try body(RowKey(table: reference.child.id, values: key))
    }
  }

  /// What a row's reference holds, and whether it finds nothing; nil if there is no such row.
  func look(
    _ reference: Reference, of key: RowKey
  ) throws -> (isUnmet: Bool, wanted: [Value])? {
    let statement = try database.cached(HubSQL.selectReference(reference))
    defer { statement.reset() }
    try statement.bind(key.values)
    guard try statement.step() else { return nil }
    let wanted = (1...reference.columns.count).map { statement.value($0) }
    return (statement.integer(0) == 1, wanted)
  }

  /// Puts a row on the list of those whose reference finds nothing. `now` is when the hub had the
  /// changeset at `position`.
  func listOrphan(_ key: RowKey, of reference: Reference, at position: LogPosition) throws {
    guard let found = try look(reference, of: key), found.isUnmet,
      let table = try table(key.table)
    else { return }
    let writes = try rowState(of: key, in: table).writes
    let absence = try absence(of: found.wanted, reference, neededBy: writes)
    let author = writes.max { $0.position < $1.position }?.dot.replica ?? .hub
    let since =
      try log.entry(position)?.receivedMilliseconds ?? pruned().receivedMilliseconds
    var wanted = ByteWriter()
    wanted.writeList(found.wanted) { $0.write($1) }
    try database.execute(
      HubSQL.upsertOrphan,
      [
        Value(key.table), .blob(key.encoded), .text(reference.name), Value(position),
        .integer(since), Value(author), .integer(absence.cause.rawValue),
        absence.replica.map { Value($0) } ?? .null,
        absence.milliseconds.map { .integer($0) } ?? .null, .blob(wanted.bytes),
      ])
  }

  // MARK: Parents

  /// What the hub knows of a row that is not in its table.
  func missingParent(
    _ reference: Reference, _ wanted: [Value]
  ) throws -> (key: RowKey, metadata: RowMetadata)? {
    guard let key = try reference.parentKey(of: wanted) ?? formerKey(reference, wanted),
      case .stored(let stored) = try key.encoded.withUnsafeBytes({
        try rowRecords().record(key.table, $0)
      })
    else { return nil }
    return (key, try stored.metadata())
  }

  /// The key of a row that last held some values in columns outside it, if its record is among
  /// those that are looked at.
  private func formerKey(_ reference: Reference, _ wanted: [Value]) throws -> RowKey? {
    guard !reference.refersToKey, let table = try table(reference.parent.id) else { return nil }
    let records = try database.rows(
      HubSQL.selectDetailsOfTable, [Value(table.id), Value(HubStoreLimits.formerRowsMax)])
    for row in records {
      let metadata = try RowMetadata(
        position: row[1].asPosition, milliseconds: row[2].integerValue, detail: row[3].asBytes)
      guard metadata.place != .table, metadata.isComplete else { continue }
      let key = try RowKey(table: table.id, encoded: row[0].asBytes)
      let state = try state(metadata, [], key: row[0].asBytes, in: table)
      let inKey = Dictionary(zip(table.schema.keyColumns, key.values)) { first, _ in first }
      let held = reference.parentColumns.map {
        inKey[$0] ?? state.standing($0, table: table.id, policy: policy)?.value ?? .null
      }
      if held == wanted { return key }
    }
    return nil
  }

  private func absence(
    of wanted: [Value], _ reference: Reference, neededBy writes: [Version]
  ) throws -> Orphan.Absence {
    guard let (key, metadata) = try missingParent(reference, wanted),
      let table = try table(key.table)
    else { return Orphan.Absence(cause: .unknown) }
    switch metadata.place {
    case .table: return Orphan.Absence(cause: .unknown)
    case .quarantine: return Orphan.Absence(cause: .refused)
    case .partial: return Orphan.Absence(cause: .partial)
    case .gone: break
    }
    let state = try state(metadata, [], key: key.encoded, in: table)
    guard let deletion = state.standingDeletions.last else {
      return Orphan.Absence(cause: .unknown)
    }
    let cause: Orphan.Absence.Cause =
      if writes.contains(where: state.comesBack) {
        policy.deletes(of: table.id) == .win ? .deletionStands : .notAsked
      } else if writes.allSatisfy({ deletion.hasSeen($0) }) {
        .deletedKnowingly
      } else {
        .referredKnowingly
      }
    return Orphan.Absence(
      cause: cause, replica: deletion.dot.replica, milliseconds: deletion.milliseconds)
  }

  /// The state of a row, wherever it stands.
  func rowState(of key: RowKey, in table: HubTable) throws -> RowState {
    let encoded = key.encoded
    let record = try encoded.withUnsafeBytes { try rowRecords().record(table.id, $0) }
    if case .stored(let stored) = record {
      let metadata = try stored.metadata()
      let values = metadata.place == .table ? try table.values(of: key) : nil
      return try state(metadata, values ?? [], key: encoded, in: table)
    }
    guard let version = try standingVersion(record), let values = try table.values(of: key) else {
      return RowState()
    }
    return try state(RowMetadata(latest: version), values, key: encoded, in: table)
  }
}

extension TablePolicy {
  /// The columns of which the policy says that they hold keys of other tables.
  fileprivate var namedReferences: [ColumnID: TableID] {
    guard let parent, parent.columns.count == 1 else { return references }
    return references.merging([parent.columns[0]: parent.table]) { first, _ in first }
  }
}
