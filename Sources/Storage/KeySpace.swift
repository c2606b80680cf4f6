/// The shared keys that are one replica's to give: its number, and the rows' own keys behind it.
///
/// Whole numbers are written so that people see both: 7000000000017 is row 17 of replica 7. Texts
/// have the number at their end: “ALFKI~7”.
package struct KeySpace: Hashable, Sendable {
  /// Issued once, to one replica.
  package let number: UInt32

  package static let numberMax: UInt32 = 9_000_000
  /// How many numbers a space has.
  package static let width: Int64 = 1_000_000_000_000
  /// The greatest own number that a shared one is made of by adding. Above it are the numbers that
  /// rows get whose own one lies outside 1 … `ownMax`.
  package static let ownMax: Int64 = 899_999_999_999
  /// Above it numbers are given where a row has `ownMax`, and none is left above it.
  package static let ownMiddle: Int64 = 450_000_000_000

  /// Nil if there is no such space.
  package init?(_ number: UInt32) {
    guard (1...Self.numberMax).contains(number) else { return nil }
    self.number = number
  }

  /// The space of a replica by its number. Not the number itself: shared keys are no milliseconds
  /// since 1970, which programs give as numbers, too.
  package init?(replica: UInt32) {
    self.init(replica.addingReportingOverflow(Self.firstReplica).partialValue)
  }

  private static let firstReplica: UInt32 = 100

  /// The replica in whose space a number lies, if there is one.
  package static func replica(of number: Int64) -> UInt32? {
    let space = number / width
    guard number > 0, number % width > 0, space > firstReplica, space <= numberMax else {
      return nil
    }
    return UInt32(space) - firstReplica
  }

  /// What is added to an own number.
  package var base: Int64 { Int64(number) * Self.width }
  /// What is put behind an own text.
  package var suffix: String { "~\(number)" }
}
