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
  package var outcome = BranchSession.Outcome.complete

  package init() {}
}
