internal import Basics
internal import Deltas
internal import Sessions
internal import Storage

/// The comparison of one table, step by step.
struct TableWork {
  enum Stage {
    case buckets
    /// The rows of these buckets.
    case rows([UInt32])
    /// The values of these rows.
    case values([RowKey])
    case done
  }

  var result: TableComparison
  private let ownKeys: KeyColumns?
  var bits: Int
  var known = KnownRows()
  private(set) var stage = Stage.buckets
  /// Buckets whose rows are still to be compared, with the hub's number of rows in each.
  private var toAsk: [(bucket: UInt32, rowCount: Int)] = []
  private var toFetch: [RowKey] = []
  /// All that the hub has, in the order of their numbers.
  private let columnsAtHub: [ColumnID]
  /// Those that are compared, if not all are.
  private let compared: [ColumnID]

  /// `whole` has the columns that are at the hub; `table` those that are here too.
  init(table: TableSchema, whole: TableSchema, keys: KeyColumns?, rowCount: Int, bits: Int) {
    ownKeys = keys
    result = TableComparison(table: table)
    columnsAtHub = whole.columns.map(\.id).sorted()
    let isWhole = table.columns.count == whole.columns.count
    compared = isWhole ? [] : table.columns.map(\.id).sorted()
    result.rowsHere = rowCount
    self.bits = bits
  }

  var request: HubRequest {
    switch stage {
    case .buckets, .done:
      .compare(
        CompareRequest(table: result.table.id, columns: compared, bits: bits, buckets: []))
    case .rows(let buckets):
      .compare(
        CompareRequest(table: result.table.id, columns: compared, bits: bits, buckets: buckets))
    case .values(let keys):
      .fetchRows(FetchRowsRequest(table: result.table.id, keys: keys.map(\.encoded)))
    }
  }

  /// Takes the hub's digests of all buckets.
  mutating func takeBuckets(
    _ there: [StateDigest], database: Database, isNaming: Bool
  ) throws {
    let here = try TableDigests.buckets(of: result.table, bits: bits, keys: ownKeys, in: database)
    known.bits = bits
    result.rowsHere = here.reduce(0) { $0 + $1.rowCount }
    result.rowsAtHub = there.reduce(0) { $0 + max(0, $1.rowCount) }
    var emptyThere: Set<UInt32> = []
    for index in here.indices where here[index] != there[index] {
      let bucket = UInt32(index)
      if there[index].rowCount == 0 {
        known.emptyBuckets.insert(bucket)
        emptyThere.insert(bucket)
        result.onlyHereCount += here[index].rowCount
      } else if here[index].rowCount == 0, !isNaming {
        result.onlyAtHubCount += there[index].rowCount
      } else {
        toAsk.append((bucket, there[index].rowCount))
      }
    }
    if isNaming, !emptyThere.isEmpty { try nameOnlyHere(emptyThere, database: database) }
  }

  /// Names some of the rows in buckets of which the hub has nothing.
  private mutating func nameOnlyHere(_ buckets: Set<UInt32>, database: Database) throws {
    var chosen = buckets.sorted()
    var rows: [TableDigests.KeyedRow]?
    while rows == nil, !chosen.isEmpty {
      rows = try TableDigests.rows(
        of: result.table, bits: bits, buckets: Set(chosen),
        atMost: ComparisonLimits.namedRowsMax, keys: ownKeys, in: database)
      if rows == nil { chosen.removeLast(max(1, chosen.count / 2)) }
    }
    for row in rows ?? [] { try name(row.key, .onlyHere) }
  }

  /// Takes the hub's rows of the buckets that were asked for.
  mutating func takeRows(_ there: [KeyedDigest], database: Database, isNaming: Bool) throws {
    guard case .rows(let buckets) = stage else { return }
    let here =
      try TableDigests.rows(
        of: result.table, bits: bits, buckets: Set(buckets), atMost: .max, keys: ownKeys,
        in: database) ?? []
    var atHub: [[UInt8]: RowDigest] = [:]
    for row in there { atHub[row.key] = row.digest }
    for row in here {
      guard let digest = atHub.removeValue(forKey: row.key) else {
        result.onlyHereCount += 1
        known.unknown.insert(KnownRows.hash(row.key))
        try name(row.key, .onlyHere)
        continue
      }
      guard digest != row.digest else { continue }
      result.differentCount += 1
      known.unknown.insert(KnownRows.hash(row.key))
      if try name(row.key, .different([])), isNaming {
        toFetch.append(try RowKey(table: result.table.id, encoded: row.key))
      }
    }
    result.onlyAtHubCount += atHub.count
    for key in atHub.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      try name(key, .onlyAtHub)
    }
  }

  /// Takes the hub's values of rows that differ.
  mutating func takeValues(
    _ there: [[Value]?], for keys: [RowKey], database: Database
  ) throws {
    toFetch += keys.dropFirst(there.count)
    let columns = result.table.columns.map(\.id).sorted()
    let sql = TableSQL(result.table, keys: ownKeys).selectByKey(columns)
    for (key, row) in zip(keys, there) {
      guard let row, row.count == columnsAtHub.count,
        let here = try database.firstRow(sql, key.values),
        let index = result.differences.firstIndex(where: { $0.key == key })
      else { continue }
      let there = Dictionary(uniqueKeysWithValues: zip(columnsAtHub, row))
      var differing: [ColumnDifference] = []
      for (position, column) in columns.enumerated() where here[position] != there[column] {
        differing.append(
          ColumnDifference(
            column: column, here: here[position], atHub: there[column] ?? .null))
      }
      result.differences[index].kind = .different(differing)
    }
  }

  /// Chooses what is asked for next.
  mutating func advance(isNaming: Bool) {
    var buckets: [UInt32] = []
    var rowCount = 0
    while let next = toAsk.last,
      buckets.isEmpty
        || (rowCount + next.rowCount
          <= Self.rowsPerAnswer && buckets.count < SessionLimits.compareBucketsMax)
    {
      buckets.append(next.bucket)
      rowCount += next.rowCount
      toAsk.removeLast()
    }
    if !buckets.isEmpty {
      stage = .rows(buckets.sorted())
    } else if !toFetch.isEmpty {
      let count = min(toFetch.count, ComparisonLimits.rowsPerFetch)
      stage = .values(Array(toFetch.suffix(count)))
      toFetch.removeLast(count)
    } else {
      stage = .done
    }
  }

  /// Rows whose keys and digests are asked for at once: they must fit a message together.
  private static let rowsPerAnswer = 8_000

  /// Whether there was still room for the name.
  @discardableResult
  private mutating func name(_ key: [UInt8], _ kind: RowDifference.Kind) throws -> Bool {
    let count = result.differences.count { Self.isSameKind($0.kind, kind) }
    guard count < ComparisonLimits.namedRowsMax else { return false }
    result.differences.append(
      RowDifference(key: try RowKey(table: result.table.id, encoded: key), kind: kind))
    return true
  }

  private static func isSameKind(_ left: RowDifference.Kind, _ right: RowDifference.Kind) -> Bool {
    switch (left, right) {
    case (.onlyHere, .onlyHere), (.onlyAtHub, .onlyAtHub), (.different, .different): true
    default: false
    }
  }
}
