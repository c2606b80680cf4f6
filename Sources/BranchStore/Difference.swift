package import Deltas

/// A row that is not the same here and at the hub, as a comparison has found it.
package struct Difference: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case onlyHere
    case onlyAtHub
    /// The columns that differ, without the key's.
    case columns([ColumnID])
  }

  package var key: RowKey
  package var kind: Kind

  package init(key: RowKey, kind: Kind) {
    self.key = key
    self.kind = kind
  }
}
