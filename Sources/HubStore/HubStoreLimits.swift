/// What a hub's store may measure.
package enum HubStoreLimits {
  /// Blocks of inserted rows from this size on keep their rows' versions in the log instead of in
  /// a record for each row.
  package static let coverRowsMin = 32
  /// How many frames of the log one changeset may decode to find what both sides of its conflicts
  /// had seen.
  package static let conflictBaseFramesMax = 64
  /// How many frames' key ranges one conflict may look at for that.
  package static let conflictBaseRangesMax = 500
  /// Rows in quarantine that are tried again with each changeset.
  package static let quarantineRetryRowsMax = 200
  /// Rows in quarantine that are read at a time.
  package static let quarantinePageRowsMax = 1_000
  /// Rows whose references are to be looked at that are read at a time.
  package static let notedPageRowsMax = 500
  /// How often the groups of a changeset's rows and what they refer to are looked at in turns.
  package static let settledLifePassesMax = 8
  /// Records among which a row is looked for that is referred to by other columns than its key and
  /// is not there.
  package static let formerRowsMax = 10_000
  /// Rows of one changeset that constraints refused and that are tried again all together, so that
  /// rows which exchange a unique value find room.
  package static let togetherRowsMax = 10_000
  /// The raw bytes of one exchange's changesets, as their blocks declare them: this many for each
  /// byte that came, and so many besides, …
  package static let rawBytesPerByteMax = 1_000
  package static let rawBytesBesidesMax = 256 << 20
  /// … and never more than this.
  package static let rawBytesMax = 16 << 30
  /// Devices that the registry does not know and that are remembered, those revoked not counted.
  package static let strangersMax = 1_000
  /// Log entries whose author and context are kept in memory.
  package static let cachedLogEntriesMax = 1 << 16
  /// Decoded blocks of the log kept in memory.
  package static let cachedBlocksMax = 4
  /// Positions of a lost timeline that one branch may tell of.
  package static let lossesPerTimelineMax = 1_000_000
  /// The raw bytes of conflicts after which their frame is closed.
  package static let conflictsFrameBytesTarget = 256 << 10
  /// How often what was said of one conflict is kept: what came first, and what came last.
  static let saidOfConflictMax = 32
  /// A contested row, or a conflict, that is larger does not travel.
  package static let outcomeRowBytesMax = 36 << 20
  /// Places in the last delta asked for that are kept, so that a piece is found without adding up
  /// all frames before it.
  package static let deltaMarksMax = 1 << 14
  /// Changesets that one replica may have staged at a time.
  package static let stagedChangesetsMax = 4
  /// In a step of pruning, a frame counts as so many rows.
  package static let prunedRowsPerFrame = 16
  /// Blocks of the history up to this size are found by each of their rows, larger ones by the
  /// least and the greatest of their keys.
  package static let historyIndexedRowsMax = 256
  /// Entries of one row that are told at a time, unless another number is asked for.
  package static let historyEntriesMax = 1_000
  /// How far apart the times are at which the history notes a position for good.
  package static let historyTimeMillisecondsMin: Int64 = 86_400_000
  /// SQLite's page cache for the history.
  package static let historyCacheKibibytes = 8 << 10
  /// Whole states that lie in files at a time.
  package static let wholeStatesMax = 4
  /// A policy as a person wrote it, and what it comes to.
  package static let policyBytesMax = 1 << 20
  /// Conflicts that one changeset decides again under another policy.
  package static let redecidedPerChangesetMax = 2_000
  /// A branch's name in UTF-8.
  package static let nameBytesMax = 200
  /// Tokens that wait to be used.
  package static let openTokensMax = 10_000
  /// How long a restore waits for a gap between the transactions of the service that it restores
  /// under: a busy hub leaves few.
  package static let restoreWaitMillisecondsMax: Int32 = 60_000
  /// Entries of the ledger that are written anew at a time in a file of an earlier format.
  package static let upgradedPageEntries = 1_000
  /// SQLite's page cache.
  package static let pageCacheKibibytes = 32 << 10
  /// The write-ahead log is cut back to this after a large transaction.
  package static let writeAheadLogBytesMax = 64 << 20
  /// One read of a staged file.
  package static let stagedReadBytes = 256 << 10
  /// One file of keys or certificates that goes with a backup.
  package static let keptFileBytesMax = 1 << 20
}
