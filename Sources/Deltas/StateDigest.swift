internal import Basics

/// A digest of a set of rows: equal if and only if the rows are equal (up to SHA-256 collisions),
/// whatever the order in which they were added.
///
/// The sum, modulo 2¹²⁸, of the first 16 bytes of each row's SHA-256.
package struct StateDigest: Hashable, Sendable, CustomStringConvertible {
  package private(set) var rowCount = 0
  package private(set) var high: UInt64 = 0
  package private(set) var low: UInt64 = 0

  package init() {}
  package init(rowCount: Int, high: UInt64, low: UInt64) {
    self.rowCount = rowCount
    self.high = high
    self.low = low
  }

  package mutating func add(_ row: RowDigest) { fatalError("unwritten") }

  /// 32 hexadecimal characters.
  package var description: String { fatalError("unwritten") }
}

/// One row's digest: 16 bytes of SHA-256 over the canonical form of all its stored columns.
package struct RowDigest: Hashable, Sendable {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}

/// Digests one row after another without allocating for each.
package struct RowDigester: ~Copyable {
  package init() { fatalError("unwritten") }
  /// In the order of the columns' numbers, key columns included.
  package mutating func append(_ value: ValueView) { fatalError("unwritten") }
  package mutating func finishRow() -> RowDigest { fatalError("unwritten") }
}
