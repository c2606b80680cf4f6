package import Deltas

/// What a seal found in the journals.
package struct SealReport: Hashable, Sendable {
  /// Rows of one table that were left out, because no replica could take them.
  package struct LeftOut: Hashable, Sendable {
    package var table: String
    package var rowCount: Int
    /// A sentence fragment.
    package var why: String
  }

  package var changesetCount = 0
  /// Rows sealed: each counts once, however often it was written.
  package var rowCount = 0
  package var leftOut: [LeftOut] = []
  /// Columns and tables that the application has added and that stay this file's own, as sentences.
  package var notSynced: [String] = []
  /// Capture triggers that were missing or altered and were made anew. What was written meanwhile
  /// is found by comparing.
  package var repairedTriggers: [String] = []
  /// The tables that these triggers capture: their rows must be compared with the hub's.
  package var gapTables: [TableID] = []
  /// What the branch's people are to know, and the hub cannot tell them.
  package var notices: [BranchNotice] = []

  package init() {}
}
