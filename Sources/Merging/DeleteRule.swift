internal import Deltas

/// What becomes of a row that one branch changed and another, neither having seen the other,
/// deleted.
package enum DeleteRule: UInt8, Hashable, Sendable, CaseIterable {
  /// The change stands, and brings back the whole row.
  case lose = 1
  /// The deletion stands, until somebody who has seen it writes the row anew.
  case win = 2
  /// As `lose`, until a person decides.
  case ask = 3

  /// The name that ledgers and people use.
  package var name: String {
    switch self {
    case .lose: "update over delete"
    case .win: Conflict.deletionRule
    case .ask: "ask about deletions"
    }
  }
}
