internal import Clocks

extension RowMetadata {
  /// Whether more than one version of something matters.
  var isContested: Bool {
    !deletions.isEmpty || !group.isEmpty || groups.contains { $0.versions.count > 1 }
  }

  /// Forgets whose versions are that everybody has seen, where nothing depends on it any more.
  mutating func settle(
    upTo settled: LogPosition, milliseconds: (StoredVersion) throws -> Int64?
  ) rethrows {
    guard deletions.isEmpty, group.isEmpty else { return }
    func settle(_ version: inout StoredVersion) throws {
      guard version.position <= settled, !version.isSettled else { return }
      version = StoredVersion(
        position: version.position, milliseconds: try milliseconds(version), isSettled: true)
    }
    for index in groups.indices where groups[index].versions.count == 1 {
      try settle(&groups[index].versions[0])
      if groups[index].versions[0].isSettled { groups[index].previous = [] }
    }
    let isShared = groups.contains { $0.versions.count > 1 && $0.versions.contains(latest) }
    if !isShared { try settle(&latest) }
  }
}
