extension Database {
  /// A number that changes when another connection commits a write to the file.
  /// https://sqlite.org/pragma.html#pragma_data_version
  package func dataVersion() throws(StorageError) -> Int64 {
    try integer("PRAGMA main.data_version") ?? 0
  }
}
