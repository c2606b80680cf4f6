package import Basics

/// A changeset of a chain, by its place in the chain and its identity.
package struct ChainHead: Hashable, Sendable {
  /// 0 before the chain's first changeset.
  package var counter: UInt64
  package var hash: ContentHash

  /// Before the chain's first changeset.
  package static let none = ChainHead(counter: 0, hash: .zero)

  package init(counter: UInt64, hash: ContentHash) {
    self.counter = counter
    self.hash = hash
  }
}
