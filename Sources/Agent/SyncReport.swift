package import Sessions

/// What one sync came to.
package struct SyncReport: Hashable, Sendable {
  package struct Pushed: Hashable, Sendable {
    package var changesets = 0
    package var rows = 0
    /// Bytes of the changesets' streams.
    package var bytes = 0
  }

  package struct Pulled: Hashable, Sendable {
    /// Rows of other branches' changes and of contested rows that were applied or set aside.
    package var rows = 0
    /// Bytes of the deltas' streams.
    package var bytes = 0
  }

  package var pushed = Pushed()
  package var pulled = Pulled()
  /// In the branch's ledger after the sync.
  package var conflictsOpen = 0
  /// Settled by rule during this sync.
  package var conflictsSettled = 0
  /// Rows that wait because a constraint refused them.
  package var quarantined = 0
  /// How far the hub's clock is ahead; nil if the hub did not answer.
  package var clockOffsetMilliseconds: Int64?
  /// Requests that were answered.
  package var roundTrips = 0
  /// Capture triggers that were missing or altered and were put back.
  package var repairedTriggers: [String] = []
  /// Rows that no replica could take, as sentences.
  package var leftOut: [String] = []
  /// What the application has added and the hub has no place for, as sentences: told once.
  package var notSynced: [String] = []
  /// Why the hub's merge policy is not followed here, if it is not.
  package var policyProblem: String?
  /// What the hub has told the branch's people for the first time.
  package var notices: [Notice] = []
  /// Whether the hub had been restored from before the branch's place, and got back what this
  /// branch had of the rest.
  package var isRelocated = false
  /// Whether the branch got the rows as they stand, instead of what led to them.
  package var isRebased = false
  /// The name that this database has taken, as the copy of another.
  package var newName: String?
  /// What was compared and healed: where capture was off, or the hub was restored.
  package var repair: RepairReport?
  package var outcome = BranchSession.Outcome.complete

  package init() {}
}
