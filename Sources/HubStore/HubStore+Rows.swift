package import Clocks
package import Deltas
package import Storage

/// The consolidated rows, for comparing and healing.
extension HubStore {
  /// The state digest of each table, in the order of the tables' numbers.
  package func digests() throws -> [(table: TableSchema, digest: StateDigest)] {
    try storing("digest its tables") {
      try database.readTransaction {
        try schema.tables.map { ($0, try TableDigests.digest(of: $0, in: database)) }
      }
    }
  }

  /// Digests of a table as it was at a position of the log.
  package enum Comparison: Hashable, Sendable {
    case buckets(LogPosition, [StateDigest])
    case rows(LogPosition, [TableDigests.KeyedRow])
    /// More rows than the limit: ask for fewer buckets.
    case tooManyRows
    case unknownTable
  }

  /// The digest of every bucket, or the rows of some buckets. `columns` are those outside the key
  /// that count; all of them if there are none.
  package func compare(
    _ id: TableID, columns: [ColumnID] = [], bits: Int, buckets: [UInt32], rowsAtMost limit: Int
  ) throws -> Comparison {
    guard var table = schema.table(id) else { return .unknownTable }
    if !columns.isEmpty {
      let counted = Set(columns + table.keyColumns)
      table.columns.removeAll { !counted.contains($0.id) }
    }
    return try storing("compare a table") {
      try database.readTransaction {
        let head = try log.head()
        if buckets.isEmpty {
          return .buckets(head, try TableDigests.buckets(of: table, bits: bits, in: database))
        }
        let rows = try TableDigests.rows(
          of: table, bits: bits, buckets: Set(buckets), atMost: limit, in: database)
        return rows.map { .rows(head, $0) } ?? .tooManyRows
      }
    }
  }

  /// Rows by their encoded keys: all columns in the order of their numbers, nil where there is no
  /// such row. Stops before the row with which the values would exceed `byteCount`, but not before
  /// the first. Nil if the schema has no such table; throws if a key is none.
  package func rows(
    of id: TableID, keys: [[UInt8]], bytesAtMost byteCount: Int
  ) throws -> [[Value]?]? {
    let rowKeys = try keys.map { key throws(HubStoreError) in
      do throws(DeltaDecodingError) {
        return try RowKey(table: id, encoded: key)
      } catch {
        throw .refused(.undecodable(error))
      }
    }
    return try storing("read rows") {
      guard let table = try table(id) else { return nil }
      return try database.readTransaction {
        var result: [[Value]?] = []
        var bytes = 0
        for key in rowKeys {
          let fits = key.values.count == table.keyColumnCount
          let row = fits ? try table.row(key) : nil
          bytes += row?.reduce(0) { $0 + $1.byteCount + 8 } ?? 1
          if bytes > byteCount, !result.isEmpty { break }
          result.append(row)
        }
        return result
      }
    }
  }
}
