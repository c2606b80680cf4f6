package import Clocks

/// What one step of pruning did.
package struct PruneReport: Hashable, Sendable {
  /// What every branch has seen, those that are away too, and what every branch heard of lately
  /// has.
  package var settled = LogPosition.start
  package var stable = LogPosition.start
  /// Records of rows and tombstones that are gone.
  package var rowCount = 0
  /// Records that were made smaller.
  package var reducedCount = 0
  package var coverCount = 0
  package var frameCount = 0
  package var entryCount = 0
  /// Other names of entries: on lost timelines, and in chains that have the same changes.
  package var nameCount = 0
  /// Whether there is more to do at once.
  package var hasMore = false

  package init() {}
}
