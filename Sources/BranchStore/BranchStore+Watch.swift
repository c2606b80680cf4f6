internal import Storage

extension BranchStore {
  /// A number that changes whenever another connection has changed the file. Cheap: made to be
  /// looked at often. https://sqlite.org/pragma.html#pragma_data_version
  package func dataVersion() throws -> Int64 {
    try performing { try database.dataVersion() }
  }
}
