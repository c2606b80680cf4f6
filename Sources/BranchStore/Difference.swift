package import Clocks
package import Deltas

/// A row that is not the same here and at the hub, as a comparison has found it.
package struct Difference: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case onlyHere
    case onlyAtHub
    /// The columns that differ, without the key's.
    case columns([Column])
  }

  package struct Column: Hashable, Sendable {
    package var id: ColumnID
    package var here: Value
    package var atHub: Value

    package init(_ id: ColumnID, here: Value, atHub: Value) {
      self.id = id
      self.here = here
      self.atHub = atHub
    }
  }

  package var key: RowKey
  package var kind: Kind
  /// Where the branch had integrated a row that only it has, if that is known; else the start,
  /// never.
  package var base: LogPosition

  package init(key: RowKey, kind: Kind, base: LogPosition = .start) {
    self.key = key
    self.kind = kind
    self.base = base
  }
}
