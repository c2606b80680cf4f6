package import Deltas

/// A value that one write gave a cell.
package struct CellVersion: Hashable, Sendable {
  package var version: Version
  package var value: Value
  /// What its author had in the cell before, where the write counts as an operation on that: an
  /// increment, an entry put into a list, a line added. Nil where it counts as the value itself.
  package var previous: Value?

  package init(version: Version, value: Value, previous: Value? = nil) {
    self.version = version
    self.value = value
    self.previous = previous
  }

  /// Whether it stands for all that its author had seen of the cell.
  package var isAbsolute: Bool { previous == nil }
}
