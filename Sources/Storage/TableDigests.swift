internal import Basics
package import Deltas

/// Digests of a table's rows: of all, by bucket, and one by one.
///
/// Rows whose key has a NULL in it are left out: they have no name that replicas could agree on.
/// Each call scans the table once; it allocates only for what it returns. Where a branch has keys
/// of its own, digests are of shared ones.
package enum TableDigests {
  /// One row's encoded key and digest.
  package struct KeyedRow: Hashable, Sendable {
    package let key: [UInt8]
    package let digest: RowDigest
  }

  /// The state digest of a whole table.
  package static func digest(
    of table: TableSchema, keys: KeyColumns? = nil, in database: Database
  ) throws(StorageError) -> StateDigest {
    var result = StateDigest()
    var digester = RowDigester()
    let statement = try database.cached(TableSQL(table, keys: keys).selectAll)
    defer { statement.reset() }
    let keyIndexes = keyIndexes(of: table)
    let columnCount = table.columns.count
    while try statement.step() {
      guard !hasNullKey(statement, keyIndexes) else { continue }
      for column in 0..<columnCount { digester.append(statement.view(column)) }
      result.add(digester.finishRow())
    }
    return result
  }

  /// The digests of the table's 2^`bits` buckets.
  package static func buckets(
    of table: TableSchema, bits: Int, keys: KeyColumns? = nil, in database: Database
  ) throws(StorageError) -> [StateDigest] {
    var result = [StateDigest](repeating: StateDigest(), count: 1 << bits)
    try forEachRow(of: table, bits: bits, keys: keys, in: database) { (bucket, _, digest) in
      result[Int(bucket)].add(digest)
    }
    return result
  }

  /// The rows of some buckets, in the order of their encoded keys; nil if there are more than the
  /// limit.
  package static func rows(
    of table: TableSchema, bits: Int, buckets: Set<UInt32>, atMost limit: Int,
    keys: KeyColumns? = nil, in database: Database
  ) throws(StorageError) -> [KeyedRow]? {
    var result: [KeyedRow] = []
    var isOverLimit = false
    try forEachRow(of: table, bits: bits, keys: keys, in: database) { (bucket, key, digest) in
      guard !isOverLimit, buckets.contains(bucket) else { return }
      if result.count == limit {
        isOverLimit = true
      } else {
        result.append(KeyedRow(key: key, digest: digest))
      }
    }
    guard !isOverLimit else { return nil }
    return result.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  /// The bucket of an encoded key: the leading bits of its SHA-256.
  package static func bucket(ofKey key: [UInt8], bits: Int) -> UInt32 {
    guard bits > 0 else { return 0 }
    let hash = ContentHash(of: key).bytes
    let leading = hash.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return leading >> UInt32(32 - bits)
  }

  private static func forEachRow(
    of table: TableSchema, bits: Int, keys: KeyColumns?, in database: Database,
    _ body: (_ bucket: UInt32, _ key: [UInt8], _ digest: RowDigest) -> Void
  ) throws(StorageError) {
    var digester = RowDigester()
    var encoder = KeyEncoder()
    let statement = try database.cached(TableSQL(table, keys: keys).selectAll)
    defer { statement.reset() }
    let keyIndexes = keyIndexes(of: table)
    let columnCount = table.columns.count
    while try statement.step() {
      guard !hasNullKey(statement, keyIndexes) else { continue }
      encoder.removeAll()
      for key in keyIndexes { encoder.append(statement.view(key)) }
      let key = encoder.bytes
      for column in 0..<columnCount { digester.append(statement.view(column)) }
      body(bucket(ofKey: key, bits: bits), key, digester.finishRow())
    }
  }

  /// Where the key's columns stand among all columns in the order of their numbers.
  private static func keyIndexes(of table: TableSchema) -> [Int] {
    let order = table.columns.map(\.id).sorted()
    return table.keyColumns.compactMap { order.firstIndex(of: $0) }
  }

  private static func hasNullKey(_ statement: Statement, _ keys: [Int]) -> Bool {
    keys.contains { statement.isNull($0) }
  }
}
