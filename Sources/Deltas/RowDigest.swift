/// One row's digest: the first 16 bytes of SHA-256 over the canonical form of all its stored
/// columns, as two big-endian numbers.
package struct RowDigest: Hashable, Sendable {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}
