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

  package mutating func add(_ row: RowDigest) {
    add(StateDigest(rowCount: 1, high: row.high, low: row.low))
  }

  /// Adds all rows of another set that has none in common with this one.
  package mutating func add(_ other: StateDigest) {
    let (sum, carries) = low.addingReportingOverflow(other.low)
    low = sum
    high = high &+ other.high &+ (carries ? 1 : 0)
    rowCount += other.rowCount
  }

  /// 32 hexadecimal characters.
  package var description: String {
    var writer = ByteWriter(reservingCapacity: 16)
    writer.writeBigEndian(high)
    writer.writeBigEndian(low)
    return hexadecimal(writer.bytes)
  }
}
