package import Clocks
internal import Deltas
internal import Storage

/// How much the hub keeps beside the rows, and how far it was pruned.
package struct HubMetadata: Hashable, Sendable {
  package var head: LogPosition
  package var settled: LogPosition
  package var stable: LogPosition
  /// Rows of the log.
  package var entryCount: Int
  /// Entries of which there are frames.
  package var framedCount: Int
  package var frameByteCount: Int
  /// Versions of rows, and tombstones.
  package var recordCount: Int
  /// Of those, the ones with more than their latest version.
  package var detailedCount: Int
  package var coverCount: Int
  /// Second names of changesets in a chain.
  package var aliasCount: Int
  /// Of those, the ones that came when the log had the end that it has.
  package var lateAliasCount: Int
  /// Names that entries had on lost timelines.
  package var placeCount: Int
  /// Rows that a constraint refuses.
  package var quarantinedCount: Int
  /// Rows of which the hub has only a part.
  package var partialCount: Int
  /// Kept for people, for ever.
  package var conflictCount: Int
}

extension HubStore {
  /// Counts what is kept beside the rows. Linear in it.
  package func metadata() throws -> HubMetadata {
    try storing("count what is kept") {
      let pruned = try pruned()
      func count(_ sql: String) throws -> Int { Int(try database.integer(sql) ?? 0) }
      return HubMetadata(
        head: try head(), settled: pruned.settled, stable: pruned.stable,
        entryCount: try count(HubSQL.countEntries), framedCount: try count(HubSQL.countFramed),
        frameByteCount: try count(HubSQL.sumFrameBytes),
        recordCount: try count(HubSQL.countRecords),
        detailedCount: try count(HubSQL.countDetailed), coverCount: try count(HubSQL.countCovers),
        aliasCount: try count(HubSQL.countAliases),
        lateAliasCount: try count(HubSQL.countLateAliases),
        placeCount: try count(HubSQL.countAllPlaces),
        quarantinedCount: try count(HubSQL.countQuarantine), partialCount: try partialCount(),
        conflictCount: try count(HubSQL.countConflicts))
    }
  }

  private func partialCount() throws -> Int {
    let statement = try database.cached(HubSQL.selectDetails)
    defer { statement.reset() }
    var count = 0
    while try statement.step() {
      let metadata = try RowMetadata(
        position: .start, milliseconds: nil, detail: statement.value(0).asBytes)
      if metadata.place == .partial { count += 1 }
    }
    return count
  }
}

extension HubSQL {
  static let countEntries = "SELECT count(*) FROM tributary_log"
  static let countFramed = "SELECT count(DISTINCT position) FROM tributary_log_frame"
  static let sumFrameBytes = "SELECT ifnull(sum(length(bytes)), 0) FROM tributary_log_frame"
  static let countRecords = "SELECT count(*) FROM tributary_row"
  static let countDetailed = "SELECT count(*) FROM tributary_row WHERE detail IS NOT NULL"
  static let selectDetails = "SELECT detail FROM tributary_row WHERE detail IS NOT NULL"
  static let countCovers = "SELECT count(*) FROM tributary_cover"
  static let countAliases = "SELECT count(*) FROM tributary_alias"
  static let countLateAliases = """
    SELECT count(*) FROM tributary_alias
    WHERE noted_at >= (SELECT max(position) FROM tributary_log)
    """
  static let countAllPlaces = "SELECT count(*) FROM tributary_place"
  static let countConflicts = "SELECT count(*) FROM tributary_ledger"
}
