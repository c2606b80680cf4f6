internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

extension Applier {
  /// At the place in the log of a changeset of this branch: its changes again, of those rows that
  /// the delta has written or that wait, so that rows go the way they went at the hub.
  func replay(_ entry: DeltaEntry) throws {
    // Another one under that number is a copy's, whose chain parts from this one further on than
    // what was sent.
    guard try store.outgoingHash(entry.dot.counter) == entry.contentHash else {
      throw BranchStoreError.ownEntryMissing(counter: entry.dot.counter)
    }
    accepted.insert(entry.dot.counter)
    try replay(entry.dot.counter)
  }

  /// What a whole state is to be laid over: changes that waited were released over what this branch
  /// wrote later. Where a table keeps what the whole state lacks, that would stay.
  func replayAccepted() throws {
    for counter in accepted.sorted() { try replay(counter) }
  }

  private func replay(_ counter: UInt64) throws {
    // Nearly always nothing was written or waits, and the outbox need not be read.
    guard heldRows != nil || hadDeferred, try held().needsReplay else { return }
    let isBaseline = try BranchStore.outboxHeader(counter, in: database)?.isBaseline ?? false
    try store.forEachOutboxBlock(counter: counter) { block in
      guard let applier = tables[block.table] else { return }
      // What was overwritten uncaptured is for the ledger only.
      if isBaseline, block.kind == .update { return }
      let held = try held()
      var encoder = KeyEncoder()
      try block.withValues { values in
        defer { applier.unbind() }
        for row in 0..<block.rowCount {
          values.encodeKey(row: row, into: &encoder)
          let hash = HeldRows.hash(block.table, encoder.bytes)
          if held.isDeferred(hash) {
            try wait(block, values, row: row, key: encoder.bytes, reason: nil)
          } else if !held.isPending(hash), held.isTouched(hash),
            case .refused(let reason) = try applier.apply(block, values, row: row)
          {
            try wait(block, values, row: row, key: encoder.bytes, reason: reason)
            heldRows?.noteWaiting(hash)
          }
        }
      }
    }
  }
}
