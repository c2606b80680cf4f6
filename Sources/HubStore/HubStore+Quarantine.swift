package import Clocks
package import Deltas
internal import Merging
internal import Storage

/// A row that the consolidated tables' constraints refuse.
package struct QuarantinedRow: Hashable, Sendable {
  package var key: RowKey
  /// The changeset whose merge it comes from.
  package var position: LogPosition
  package var reason: String
  /// What the row would hold outside its key, in the order of the columns' numbers.
  package var values: [Value]
  /// The ledger's entry that tells of it.
  package var conflict: UInt64?
}

/// What waits at the hub for people, or for other rows: those that constraints refuse, and those
/// that refer to a row which is not there.
package struct Quarantine: Hashable, Sendable {
  package var rows: [Entry]

  package struct Entry: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      /// A constraint refuses it: it is not in its table as it was sent.
      case refused(reason: String, conflict: UInt64?)
      /// It is in its table, and refers to a row that is not in its own.
      case orphan(Orphan)
    }

    package var key: RowKey
    package var kind: Kind
    package var position: LogPosition
    /// When the hub had the changeset with which it began; nil once that is forgotten.
    package var sinceMilliseconds: Int64?
    /// Who wrote the row last; nil if that is forgotten.
    package var author: ReplicaID?
    /// The row as it was sent, outside its key, in the order of the columns' numbers.
    package var values: [Value]
  }
}

extension HubStore {
  package func quarantinedCount() throws -> Int {
    try storing("count its quarantine") {
      Int(try database.integer(HubSQL.countQuarantine) ?? 0)
    }
  }

  /// The rows in quarantine that constraints refuse, oldest first.
  package func quarantinedRows(atMost limit: Int = 1_000) throws -> [QuarantinedRow] {
    try storing("list its quarantine") {
      try database.rows(HubSQL.selectQuarantine, [Value(limit)]).map { row in
        var reader = FieldReader(row[4].asBytes, in: "a row in quarantine")
        return QuarantinedRow(
          key: try RowKey(table: row[0].asTable, encoded: row[1].asBytes),
          position: row[2].asPosition, reason: row[3].asText,
          values: try reader.readList(of: "values", atMost: DeltaLimits.columnsMax) {
            (reader) throws(DeltaDecodingError) in try reader.readValue()
          }, conflict: row[5] == .null ? nil : row[5].asCounter)
      }
    }
  }

  package func orphanCount() throws -> Int {
    try storing("count its quarantine") {
      Int(try database.integer(HubSQL.countOrphans) ?? 0)
    }
  }

  /// The rows that refer to others which are not there, once for each reference, oldest first.
  package func orphans(atMost limit: Int = .max) throws -> [Orphan] {
    try storing("list its quarantine") {
      let all = try Reference.list(
        of: schema, named: { policy.table($0).references }, in: database)
      let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
      return try database.rows(HubSQL.selectOrphans, [Value(limit)]).compactMap { row in
        guard let reference = byName[row[2].asText] else { return nil }
        return try Orphan(row, of: reference)
      }
    }
  }

  /// All that waits, oldest first.
  package func quarantine(table: TableID? = nil) throws -> Quarantine {
    try storing("list its quarantine") {
      try database.readTransaction {
        records?.forget()
        knownPruned = nil
        try refreshSchema()
        try refreshPolicy()
        let refused = try quarantinedRows(atMost: .max).map(entry)
        let orphans = try orphans().compactMap(entry)
        let rows = (refused + orphans).filter { table == nil || $0.key.table == table }
        return Quarantine(rows: rows.sorted { $0.position < $1.position })
      }
    }
  }

  private func entry(_ row: QuarantinedRow) throws -> Quarantine.Entry {
    var author: ReplicaID?
    if let table = try table(row.key.table) {
      author = try rowState(of: row.key, in: table).writes.max { $0.position < $1.position }?
        .dot.replica
    }
    return Quarantine.Entry(
      key: row.key, kind: .refused(reason: row.reason, conflict: row.conflict),
      position: row.position,
      sinceMilliseconds: try log.entry(row.position)?.receivedMilliseconds,
      author: author == .hub ? nil : author, values: row.values)
  }

  private func entry(_ orphan: Orphan) throws -> Quarantine.Entry? {
    guard let table = try table(orphan.key.table), let values = try table.values(of: orphan.key)
    else { return nil }
    return Quarantine.Entry(
      key: orphan.key, kind: .orphan(orphan), position: orphan.position,
      sinceMilliseconds: orphan.sinceMilliseconds,
      author: orphan.author == .hub ? nil : orphan.author,
      values: table.valueColumns.isEmpty ? [] : values)
  }

  // MARK: Checks

  func checkQuarantine() throws -> Finding {
    let count = try database.integer(HubSQL.countQuarantine) ?? 0
    guard count > 0, let first = try quarantinedRows(atMost: 1).first else {
      return Finding(isOK: true, what: "No row is in quarantine.", whatToDo: "")
    }
    let table = schema.table(first.key.table)?.name ?? "?"
    return Finding(
      isOK: false,
      what: "\(count) rows are in quarantine, the oldest in table \(table): \(first.reason).",
      whatToDo: "Change the row that it collides with at any branch; it is tried again then. "
        + "Or give it up: “tributary quarantine”.")
  }

  /// Every row whose reference finds nothing is listed, and no other.
  func checkReferences() throws -> Finding {
    let all = try Reference.list(
      of: schema, named: { policy.table($0).references }, in: database)
    var listed: [String: Set<RowKey>] = [:]
    for orphan in try orphans() { listed[orphan.reference, default: []].insert(orphan.key) }
    var unlisted: (count: Int, table: String) = (0, "")
    var count = 0
    for reference in all {
      var rest = listed[reference.name] ?? []
      try forEachUnmet(of: reference) { key in
        count += 1
        if rest.remove(key) == nil { unlisted = (unlisted.count + 1, reference.child.name) }
      }
      if !rest.isEmpty { unlisted = (unlisted.count + rest.count, reference.child.name) }
    }
    if unlisted.count > 0 {
      return Finding(
        isOK: false,
        what: "The list of rows that refer to none differs from the tables in \(unlisted.count) "
          + "rows, of table \(unlisted.table) among others.",
        whatToDo: "Undo what was changed in hub.db besides the engine, or restore the hub.")
    }
    return Finding(
      isOK: count == 0,
      what: count == 0
        ? "Every row that another refers to is there."
        : "\(count) references lead to rows that are not there.",
      whatToDo: count == 0
        ? "" : "“tributary quarantine” tells of each, and why. The rows stand as they were sent.")
  }
}

extension Orphan {
  /// What the reference is called in the list.
  var reference: String {
    Self.name(child: key.table, columns, parent: parent, parentColumns)
  }

  static func name(
    child: TableID, _ columns: [ColumnID], parent: TableID, _ parentColumns: [ColumnID]
  ) -> String {
    func text(_ columns: [ColumnID]) -> String {
      columns.map { "\($0.rawValue)" }.joined(separator: ",")
    }
    return "\(child.rawValue)(\(text(columns))) \(parent.rawValue)(\(text(parentColumns)))"
  }

  /// A row of `HubSQL.selectOrphans`.
  init(_ row: [Value], of reference: Reference) throws {
    var reader = FieldReader(row[9].asBytes, in: "a row that refers to none")
    key = try RowKey(table: row[0].asTable, encoded: row[1].asBytes)
    columns = reference.columns
    parent = reference.parent.id
    parentColumns = reference.parentColumns
    wanted = try reader.readList(of: "values", atMost: DeltaLimits.columnsMax) {
      (reader) throws(DeltaDecodingError) in try reader.readValue()
    }
    position = row[3].asPosition
    sinceMilliseconds = row[4].asInteger
    author = row[5].asReplica
    absence = Absence(
      cause: Absence.Cause(rawValue: row[6].asInteger) ?? .unknown,
      replica: row[7] == .null ? nil : row[7].asReplica, milliseconds: row[8].integerValue)
  }
}
