/// Why the standing value stands, made by the merge itself.
package enum MergeExplanation: Hashable, Sendable {
  /// The latest of the concurrent writes by corrected time.
  case laterWrite
  /// Written at the same millisecond: the branch with the lower number stands.
  case tieByReplica
  /// A captured edit stands over rows that were there before their branch joined.
  case editOverBaseline
  /// Both were there before their branches joined: the one the hub had first stands.
  case firstBaseline
  /// A change to the row stands over a concurrent deletion, and brings back the whole row.
  case updateOverDelete

  /// One sentence for people.
  package var sentence: String { fatalError("unwritten") }
}
