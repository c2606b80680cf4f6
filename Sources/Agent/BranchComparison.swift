internal import Basics
package import Deltas
package import Sessions
package import Storage

/// Compares a database's tracked rows with the hub's without sending the rows: digests of buckets
/// first, then of the rows in buckets that differ.
///
/// Works on any database that has the tables, so that one can be compared before it joins. Reads
/// only. Memory is in proportion to the differences, not to the rows.
package final class BranchComparison {
  package enum Effect: Sendable {
    case send(HubRequest)
    case finish([TableComparison])
  }

  /// The comparison's own rules were not kept by the answer.
  package struct UnexpectedAnswer: Error, Sendable {
    package let refusal: Refusal?
  }

  private let database: Database
  private let schema: Schema
  /// What a branch syncs of the schema; nil for a database that has not joined.
  private let synced: Schema?
  /// What a branch calls what its application has renamed by itself.
  private let names: LocalNames
  /// Tables and columns that the database does not have, or has for itself alone, as sentences.
  /// Valid once begun.
  package private(set) var notCompared: [String] = []
  /// The tables whose rows stay at the hub, which compares none. Valid once finished.
  package private(set) var withheld: [TableID] = []
  private let keys: [TableID: KeyColumns]
  /// What of the schema the database has.
  private var waiting: [TableSchema] = []
  private var done: [TableComparison] = []
  private var known: [TableID: KnownRows] = [:]
  private var current: TableWork?
  /// Whether rows that are only at the hub are named too, and columns that differ.
  private let isNaming: Bool

  /// `isNaming` asks for what only people need: rows that are only at the hub, and the values of
  /// rows that differ. `keys` are those of tables in which the database has keys of its own.
  package init(
    database: Database, schema: Schema, synced: Schema? = nil,
    keys: [TableID: KeyColumns] = [:], isNaming: Bool, called names: LocalNames = LocalNames()
  ) {
    self.synced = synced
    self.names = names
    self.database = database
    self.keys = keys
    self.isNaming = isNaming
    self.schema = schema
  }

  package func start() throws -> Effect {
    let placement = try SchemaReader.placement(
      of: schema, in: database, besides: [], called: names)
    notCompared =
      placement.missing.map { "Table “\($0.name)” is not in this file." }
      + placement.missingColumns.map {
        "Column “\($0.column.name)” of table “\($0.table.name)” is not in this file."
      }
    let found = placement.placed.restricted(to: schema)
    let compared = synced.map { found.restricted(to: $0) } ?? found
    notCompared += Self.own(found, besides: compared)
    waiting = compared.tables.reversed()
    return try nextTable()
  }

  private static func own(_ found: Schema, besides compared: Schema) -> [String] {
    found.tables.flatMap { table -> [String] in
      guard let other = compared.table(table.id) else {
        return ["Table “\(table.name)” is this file's own."]
      }
      return table.columns.filter { other.column($0.id) == nil }
        .map { "Column “\($0.name)” of table “\(table.name)” is this file's own." }
    }
  }

  package func handle(_ response: HubResponse) throws -> Effect {
    guard var work = current else { throw UnexpectedAnswer(refusal: nil) }
    switch (work.stage, response) {
    case (_, .refused(let refusal)) where refusal.code == .withheld:
      withheld.append(work.result.table.id)
      notCompared.append("Rows of table “\(work.result.table.name)” stay at the hub.")
      current = nil
      return try nextTable()
    case (_, .refused(let refusal)): throw UnexpectedAnswer(refusal: refusal)
    case (.buckets, .compare(let answer)):
      guard answer.buckets.count == 1 << work.bits else { throw UnexpectedAnswer(refusal: nil) }
      let bits = Self.bits(rowCount: answer.buckets.reduce(0) { $0 + max(0, $1.rowCount) })
      if bits > work.bits, work.bits < SessionLimits.compareBitsMax {
        work.bits = bits
        return try send(work)
      }
      try work.takeBuckets(answer.buckets, database: database, isNaming: isNaming)
    case (.rows, .compare(let answer)):
      try work.takeRows(answer.rows, database: database, isNaming: isNaming)
    case (.values(let keys), .rows(let answer)):
      // Large rows may fill a message before the last key: the rest is asked for again.
      guard (1...keys.count).contains(answer.rows.count) else {
        throw UnexpectedAnswer(refusal: nil)
      }
      try work.takeValues(answer.rows, for: keys, database: database)
    default: throw UnexpectedAnswer(refusal: nil)
    }
    work.advance(isNaming: isNaming)
    if case .done = work.stage {
      done.append(work.result)
      known[work.result.table.id] = work.known
      current = nil
      return try nextTable()
    }
    return try send(work)
  }

  /// Whether the hub was found to have the row with the same bytes. A rare wrong “no” is possible,
  /// a wrong “yes” is not, short of a SHA-256 collision. Valid once finished.
  package func isKnown(_ table: TableID, key: [UInt8]) -> Bool {
    known[table]?.contains(key) ?? false
  }

  private func nextTable() throws -> Effect {
    guard var table = waiting.popLast() else { return .finish(done) }
    let whole = schema.table(table.id) ?? table
    // Under another type the same values need not be the same bytes.
    table.columns.removeAll { column in
      !table.keyColumns.contains(column.id)
        && whole.column(column.id)?.affinity != column.affinity
    }
    let rowCount = try TableDigests.digest(of: table, in: database).rowCount
    return try send(
      TableWork(
        table: table, whole: whole, keys: keys[table.id], rowCount: rowCount,
        bits: Self.bits(rowCount: rowCount)))
  }

  private func send(_ work: TableWork) throws -> Effect {
    current = work
    return .send(work.request)
  }

  /// How many leading bits make buckets of a good size.
  static func bits(rowCount: Int) -> Int {
    var bits = 0
    while bits < SessionLimits.compareBitsMax,
      rowCount >> bits > ComparisonLimits.rowsPerBucket
    {
      bits += 1
    }
    return bits
  }
}

/// Which rows the hub has with the same bytes, as the complement of those it has not.
struct KnownRows {
  var bits = 0
  /// Buckets of which the hub has nothing.
  var emptyBuckets: Set<UInt32> = []
  /// Hashes of the keys that are only here or differ.
  var unknown: Set<UInt64> = []

  func contains(_ key: [UInt8]) -> Bool {
    !emptyBuckets.contains(TableDigests.bucket(ofKey: key, bits: bits))
      && !unknown.contains(Self.hash(key))
  }

  static func hash(_ key: [UInt8]) -> UInt64 {
    ContentHash(of: key).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
