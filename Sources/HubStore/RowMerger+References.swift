internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Rows that others refer to and that are not there.
///
/// Whatever a branch refers to stands at that branch, but perhaps not here: somebody else deleted
/// it meanwhile, or it never came. Who wrote a reference without having seen the deletion, and was
/// not seen by it, has used the row: as a change to it would, that brings it back. Any other row
/// that refers to nothing stands as its branch wrote it, and is listed for people.
extension RowMerger {
  /// Looks at what this changeset noted, now that all of its rows are written.
  func settleReferences() throws {
    guard !references.all.isEmpty, try store.database.integer(HubSQL.hasNoted) != nil else {
      return
    }
    for child in references.byChild.keys.sorted() {
      guard let sql = HubSQL.deleteMet(references.byChild[child] ?? []) else { continue }
      try store.database.execute(sql)
    }
    let noted = HubSQL.selectNoted(keyColumnsMax: references.keyColumnsMax)
    while true {
      let page = try store.database.rows(noted, [Value(HubStoreLimits.notedPageRowsMax)])
      guard let last = page.last else { return }
      // What comes back may be noted, or note others.
      try store.database.execute(HubSQL.deleteNoted, [last[0]])
      for row in page {
        guard let table = try store.table(row[1].asTable) else { continue }
        try settle(
          RowKey(table: table.id, values: Array(row[2..<(2 + table.keyColumnCount)])))
      }
    }
  }

  private func settle(_ key: RowKey) throws {
    for reference in references.byChild[key.table] ?? [] {
      guard let found = try store.look(reference, of: key) else {
        try store.database.execute(
          HubSQL.deleteOrphansOfRow, [Value(key.table), .blob(key.encoded)])
        return
      }
      if found.isUnmet, try !bringBack(reference, found.wanted, for: key) {
        try store.listOrphan(key, of: reference, at: position)
      } else {
        try store.database.execute(
          HubSQL.deleteOrphan,
          [Value(key.table), .blob(key.encoded), .text(reference.name)])
      }
    }
  }

  /// Makes the row that another refers to stand again, if the reference counts as a use of it.
  /// False if it is not in its table then.
  private func bringBack(
    _ reference: Reference, _ wanted: [Value], for child: RowKey
  ) throws -> Bool {
    let deletes = store.policy.deletes(of: reference.parent.id)
    // With the row that it belongs to it stands or goes already.
    guard references.groups[child.table] != reference else { return false }
    guard deletes != .win, let table = try store.table(reference.parent.id),
      let childTable = try store.table(child.table),
      let (key, metadata) = try store.missingParent(reference, wanted), metadata.place == .gone
    else { return false }
    let encoded = key.encoded
    var rowState = try store.state(metadata, [], key: encoded, in: table)
    let uses = try store.rowState(of: child, in: childTable).writes.filter(rowState.comesBack)
    guard let use = uses.max(by: { LatestRule.stands($1, over: $0) }) else { return false }
    let deletions = rowState.standingDeletions
    rowState.use(by: use)
    return try encoded.withUnsafeBytes { view in
      let place = try put(rowState, at: key, in: table, encodedKey: view)
      try records.update(
        table.id, view, try store.metadata(of: rowState, place: place, table: table))
      try ledger.markContested(table.id, view)
      try ledger.addUse(use, of: key, by: childTable, against: deletions, deletes)
      if references.isInGroup(table.id) { try touch(table.id, view) }
      return place == .table
    }
  }
}
