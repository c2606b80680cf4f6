internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

extension Applier {
  /// Does again what the branch itself did at this place of the log, to the rows that earlier
  /// entries have just written or that have changes waiting.
  ///
  /// Other rows are as the branch left them, and an entry that met something else concurrent brings
  /// its outcome. But what others did *before* it in the log was applied here only now: without
  /// this, their older change would stand over the branch's newer one.
  func replay(_ entry: DeltaEntry) throws {
    let counter = entry.dot.counter
    let known = try database.firstRow(
      BranchSQL.selectOutgoingHash, [.integer(Int64(bitPattern: counter))])
    guard known?[0] == .blob(entry.contentHash.bytes) else {
      throw BranchStoreError.answerDoesNotFit(
        "the hub has changeset \(counter) of this branch, and this file has not: it was restored "
          + "from a copy")
    }
    guard !touched.isEmpty || !held.isEmpty else { return }
    try store.forEachOutboxBlock(counter: counter) { block in
      guard let applier = tables[block.table] else { return }
      var encoder = KeyEncoder()
      try block.withValues { values in
        defer { applier.unbind() }
        for row in 0..<block.rowCount {
          values.encodeKey(row: row, into: &encoder)
          let hash = HeldRows.hash(block.table, encoder.bytes)
          if held.isDeferred(hash) {
            try hold(block, values, row: row, key: encoder.bytes, reason: nil)
          } else if touched.contains(hash), !held.isPending(hash),
            case .refused(let reason) = try applier.apply(block, values, row: row)
          {
            try hold(block, values, row: row, key: encoder.bytes, reason: reason)
          }
        }
      }
    }
  }
}
