internal import Clocks
internal import Deltas
internal import Storage

/// The rows that incoming changes must wait for: those in changesets that the hub has not
/// confirmed, and those that have changes waiting already.
///
/// Kept as 8-byte hashes. Two rows with one hash make one of them wait without need, until the
/// outbox is empty; nothing is lost by it.
struct HeldRows {
  private var pending: Set<UInt64> = []
  private var deferred: Set<UInt64> = []

  var isEmpty: Bool { pending.isEmpty && deferred.isEmpty }

  func contains(_ hash: UInt64) -> Bool { pending.contains(hash) || deferred.contains(hash) }
  func isPending(_ hash: UInt64) -> Bool { pending.contains(hash) }

  mutating func hold(_ hash: UInt64) { deferred.insert(hash) }
  mutating func release(_ hash: UInt64) { deferred.remove(hash) }

  /// Whether changes of the row are waiting already.
  func isDeferred(_ hash: UInt64) -> Bool { deferred.contains(hash) }

  /// `confirmed` are the counters of changesets that the delta covers: nothing waits for them.
  init(_ store: BranchStore, confirmed: Set<UInt64>) throws {
    for changeset in try store.outbox() where !confirmed.contains(changeset.counter) {
      try store.forEachOutboxBlock(counter: changeset.counter) { block in
        block.withValues { values in
          var encoder = KeyEncoder()
          for row in 0..<block.rowCount {
            values.encodeKey(row: row, into: &encoder)
            pending.insert(Self.hash(block.table, encoder.bytes))
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

  /// FNV-1a, then mixed.
  static func hash(_ table: TableID, _ key: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(table.rawValue)
    for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash = (hash ^ (hash >> 32)) &* 0x9e37_79b9_7f4a_7c15
    return hash ^ (hash >> 29)
  }
}
