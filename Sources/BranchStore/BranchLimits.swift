/// What the branch store keeps in memory or in one piece at most.
enum BranchLimits {
  /// The page cache of our connection.
  static let pageCacheKibibytes = 32 << 10
  /// A changeset's bytes are kept in pieces of exactly this size, the last one excepted.
  static let outboxPieceBytes = 256 << 10
  /// Blocks that a seal fills at the same time; reaching it closes them all.
  static let openBlocksMax = 48
  /// Prepared UPDATE and SELECT statements kept for each table, one for each set of columns.
  static let columnSetsMax = 64
  /// Rows of one changeset made of what was there before joining.
  static let baselineRowsPerChangeset = 50_000
  /// Refused rows that are tried together, out of each other's way.
  static let togetherRowsMax = 200
  /// Rounds over the refused rows while each brings some through.
  static let retryRoundsMax = 10
  /// A reason kept with a refused row, in bytes.
  static let reasonBytesMax = 1_000
  /// Rows of the outbox of which one application looks whether they were replaced.
  static let watchedRowsMax = 1_000
  static let outboxReadBytesMax = 4 << 20
  /// The tail's bytes while the hub has never been backed up; the newest entries are kept.
  static let tailBytesUnbackedMax = 16 << 20
  /// How often what the hub said of one conflict is kept: what came first, and what came last.
  static let saidOfConflictMax = 32
  /// As many bytes, unless what was said last is longer by itself.
  static let saidOfConflictBytesMax = 36 << 20
  /// Entries of the ledger that are written anew at a time in a file of an earlier format.
  static let upgradedPageEntries: Int64 = 1_000
  /// Notices kept, the newest ones.
  static let noticesMax = 100
}
