package import Clocks
package import Deltas

/// What a reader at one place saw while one event was handled there.
package struct Reading: Hashable, Sendable {
  package var place: String
  package var event: Int
  /// How often the tables were different from the reading before.
  package var changeCount = 0
  /// Accounts whose two balances did not come to what they must, as seen.
  package var brokenPairs: [String] = []
}

/// Everything there is to judge a finished run by.
package struct Evidence: Sendable {
  /// What one place holds at the end.
  package struct Place: Hashable, Sendable {
    package var rows: Rows
    /// Of each table, as the engine digests it.
    package var digests: [String]
    package var ledger: [Conflict]
    package var position: LogPosition
    /// Changesets that the hub has not confirmed.
    package var outgoingCount: Int
    /// Rows whose incoming changes wait.
    package var deferredCount: Int
  }

  package var world: World
  package var hub: Place
  /// What the hub keeps of rows that its constraints refuse.
  package var quarantine: Rows
  package var branches: [MachineID: Place]
  package var readings: [Reading]
  /// Whether rows could be refused, so that what stands is no function of each row's own history.
  package var hasRefusals: Bool
  /// Whether branches joined with rows that are alike, so that values do not name their writes.
  package var hasLikeRows = false
  /// Whether a branch may have got a whole state, with which only open conflicts come.
  package var hasWholeStates = false
  package var history: History
  /// What is kept once everybody has been in contact with nothing left to bring, and the hub has
  /// forgotten what is settled; nil if that did not come about.
  package var remains: Remains?
  package var notices = Notices.Facts()
}

/// Looks for one kind of broken promise in what a run has left.
package protocol Checker {
  static var name: String { get }
  /// Why what it finds cannot be, in a sentence.
  static var promise: String { get }
  static func violations(in evidence: Evidence) -> [Violation]
}

extension Checker {
  static func violation(_ sentence: String) -> Violation { Violation(name, sentence) }
}

/// All checkers, in the order in which their findings are told.
package var checkers: [any Checker.Type] {
  [
    ExactlyOnce.self, Causality.self, WinnerIsFunctionOfSet.self, LostUpdate.self,
  ] + lastingCheckers
}

/// Those that hold whatever happens to machines: they ask nothing of the hub's order.
package var lastingCheckers: [any Checker.Type] {
  [
    Atomicity.self, Convergence.self, Kept.self, NoResurrection.self, BoundedMetadata.self,
    Notices.self,
  ]
}
