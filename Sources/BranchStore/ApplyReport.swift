package import Clocks

/// What applying an exchange did.
package struct ApplyReport: Hashable, Sendable {
  /// Row changes of others, and outcomes of the branch's own, that came in; those that wait now
  /// count too.
  package var rowCount = 0
  /// Conflicts that came in, by their state.
  package var conflictsOpenCount = 0
  package var conflictsSettledCount = 0
  /// What was captured meanwhile and sealed first.
  package var seal = SealReport()
  package var position: LogPosition
  /// Whether nothing of the branch's own waits to be sent.
  package var isOutboxEmpty = true

  /// What the hub tells people of this branch, for the first time.
  package var notices: [BranchNotice] = []
  /// Whether the hub had lost a stretch of the log that the branch had integrated.
  package var isRelocated = false
  package var isWholeState = false

  package init(position: LogPosition) { self.position = position }
}
