/// What a change does to its row.
package enum ChangeKind: UInt8, Hashable, Sendable {
  /// The row came into being, with all its columns.
  case insert = 1
  /// Some of its columns took other values.
  case update = 2
  case delete = 3

  /// The code of a block of updates that say what was there before, in place of that of `update`.
  static let countedUpdateCode: UInt8 = 4
}
