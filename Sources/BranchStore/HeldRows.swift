internal import Clocks
internal import Deltas
internal import Storage

/// What a delta's rows must be held against: this branch's own changes, and rows that wait.
///
/// Kept as 8-byte hashes. Two rows with one hash make one of them wait without need, until the
/// outbox is empty, or have a change of its own applied once more; nothing is lost by it.
struct HeldRows {
  /// In changesets that the hub has not confirmed: incoming changes wait for these.
  private var pending: Set<UInt64> = []
  /// Incoming changes of these wait already.
  private var deferred: Set<UInt64> = []
  /// In changesets whose place in the log lies within the delta.
  private var accepted: Set<UInt64> = []
  /// Of those, the ones that the delta has written before their own place in the log came.
  private var touched: Set<UInt64> = []

  /// Whether no row needs looking at.
  var isEmpty: Bool { pending.isEmpty && deferred.isEmpty && accepted.isEmpty }

  func mustWait(_ hash: UInt64) -> Bool { pending.contains(hash) || deferred.contains(hash) }
  func isOwn(_ hash: UInt64) -> Bool { pending.contains(hash) || accepted.contains(hash) }
  func isPending(_ hash: UInt64) -> Bool { pending.contains(hash) }
  func isDeferred(_ hash: UInt64) -> Bool { deferred.contains(hash) }
  func isTouched(_ hash: UInt64) -> Bool { touched.contains(hash) }
  /// Whether replaying own changes could do anything.
  var needsReplay: Bool { !touched.isEmpty || !deferred.isEmpty }

  mutating func noteWaiting(_ hash: UInt64) { deferred.insert(hash) }
  mutating func noteWaitingNoMore(_ hash: UInt64) { deferred.remove(hash) }
  mutating func noteWritten(_ hash: UInt64) {
    if accepted.contains(hash) { touched.insert(hash) }
  }

  /// Reads the outbox; `accepted` are the counters of changesets that the delta covers.
  init(_ store: BranchStore, accepted counters: Set<UInt64>) throws {
    for changeset in try store.outbox() where !changeset.isLogged {
      let isAccepted = counters.contains(changeset.counter)
      try store.forEachOutboxBlock(counter: changeset.counter) { block in
        block.withValues { values in
          var encoder = KeyEncoder()
          for row in 0..<block.rowCount {
            values.encodeKey(row: row, into: &encoder)
            let hash = Self.hash(block.table, encoder.bytes)
            if isAccepted { accepted.insert(hash) } else { pending.insert(hash) }
          }
        }
      }
    }
    let statement = try store.database.cached(BranchSQL.selectDeferredRows)
    defer { statement.reset() }
    while try statement.step() {
      let table = TableID(UInt16(truncatingIfNeeded: statement.integer(0)))
      deferred.insert(Self.hash(table, statement.bytes(1)))
    }
  }

  static func hash(_ key: RowKey) -> UInt64 { hash(key.table, key.encoded) }

  /// FNV-1a, then mixed.
  static func hash(_ table: TableID, _ key: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(table.rawValue)
    for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash = (hash ^ (hash >> 32)) &* 0x9e37_79b9_7f4a_7c15
    return hash ^ (hash >> 29)
  }
}
