/// What the hub keeps of a retired branch, apart from the rest, until a person decides.
package struct Salvage: Hashable, Sendable {
  /// The last changeset that the hub has of the chain that was sent, all between included; 0 if
  /// none was sent. The branch goes on behind it.
  package var counter: UInt64
  /// How many changesets of the branch are kept.
  package var changesetCount: UInt64

  package init(counter: UInt64, changesetCount: UInt64) {
    self.counter = counter
    self.changesetCount = changesetCount
  }
}
