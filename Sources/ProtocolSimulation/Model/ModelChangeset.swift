internal import Clocks
internal import Deltas

/// One row's part of a changeset, with the world's marks of what it writes.
struct ModelChange: Sendable {
  let row: Int
  let change: RowChange
  /// Beside the columns; one alone for a deletion. Only the world reads them.
  let marks: [Int]
}

/// A sealed changeset as everyone sees it: the author's header and rows.
final class ModelChangeset: Sendable {
  let dot: Dot
  let previous: ModelHash
  let context: CausalContext
  let changes: [ModelChange]
  let hash: ModelHash
  /// The hash it was first sealed with, where that was another.
  let origin: ModelHash

  init(
    dot: Dot, previous: ModelHash, context: CausalContext, changes: [ModelChange],
    origin: ModelHash? = nil
  ) {
    self.dot = dot
    self.previous = previous
    self.context = context
    self.changes = changes
    var hash = mixed(UInt64(dot.replica.rawValue) << 32 | dot.counter, previous)
    hash = mixed(hash, mixed(context.generation.low, context.position.rawValue))
    for change in changes {
      hash = mixed(hash, UInt64(change.row) << 32 | UInt64(change.change.kind.rawValue))
      hash = mixed(hash, UInt64(bitPattern: change.change.milliseconds))
      hash = mixed(hash, change.change.base.map { $0.rawValue + 1 } ?? 0)
      for mark in change.marks { hash = mixed(hash, UInt64(mark)) }
      for column in change.change.columns { hash = mixed(hash, UInt64(column.rawValue)) }
    }
    self.hash = hash == 0 ? 1 : hash
    self.origin = origin ?? self.hash
  }

  /// The same rows under another header.
  func rechained(
    dot: Dot, previous: ModelHash, context: CausalContext? = nil, keepsOrigin: Bool = true
  ) -> ModelChangeset {
    ModelChangeset(
      dot: dot, previous: previous, context: context ?? self.context, changes: changes,
      origin: keepsOrigin ? origin : nil)
  }
}

/// The end of a chain: counter 0 and hash 0 if it has none.
struct ModelHead: Hashable, Sendable {
  var counter: UInt64 = 0
  var hash: ModelHash = 0
}
