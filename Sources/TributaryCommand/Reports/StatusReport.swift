internal import BranchStore
internal import Clocks

/// How a branch stands, for people and for scripts.
struct StatusReport {
  let status: BranchStatus
  let database: String
  let nowMilliseconds: Int64

  init(_ status: BranchStatus, database: String, nowMilliseconds: Int64) {
    self.status = status
    self.database = database
    self.nowMilliseconds = nowMilliseconds
  }

  var json: JSONValue {
    [
      "branch": .string(status.identity.branch),
      "hub": .string(status.identity.hubURL),
      "pending": [
        "rows": .count(status.pendingRowCount),
        "oldest": .time(status.pendingOldestMilliseconds),
      ],
      "lastSync": .time(status.lastCompleteMilliseconds),
      "lastContact": .time(status.lastContactMilliseconds),
      "openConflicts": .count(status.openConflictCount),
      "settledConflicts": .count(status.settledConflictCount),
      "quarantined": .count(status.quarantinedRowCount),
      "position": .integer(Int64(clamping: status.position.rawValue)),
      "generation": .string(status.place.generation.description),
      "clockOffsetMilliseconds": .integer(status.clockOffsetMilliseconds),
      "kept": ["changesets": .count(status.tailEntryCount), "bytes": .count(status.tailByteCount)],
      "hubBackup": .integer(Int64(clamping: status.backupNumber)),
      "notices": .array(
        status.notices.map { ["at": .time($0.milliseconds), "text": .string($0.text)] }),
    ]
  }

  func lines(style: TextStyle) -> [String] {
    let facts: [(String, String)] = [
      ("Branch", ValueText.escaped(status.identity.branch)),
      ("Hub", status.identity.hubURL),
      ("Pending", pending),
      ("Last sync", lastSync),
      ("Conflicts", conflicts),
      (
        "Quarantine",
        status.quarantinedRowCount == 0
          ? "empty"
          : "\(NumberText.counted(status.quarantinedRowCount, "row"));"
            + " see: tributary doctor \(database)"
      ),
      ("Clock", clock),
      (
        "Position",
        "\(NumberText.grouped(Int(clamping: status.position.rawValue))) in the hub’s log"
      ),
    ]
    return (facts + [("Kept", kept)] + notices).map {
      style.faint(DisplayWidth.padded($0.0, to: 12)) + $0.1
    }
  }

  /// For a hub that might be restored from a backup.
  private var kept: String {
    guard status.tailEntryCount > 0 else { return "nothing for the hub’s sake" }
    let what =
      "\(NumberText.counted(status.tailEntryCount, "changeset"))"
      + " (\(NumberText.bytes(status.tailByteCount)))"
    return status.backupNumber == 0
      ? "\(what), for the hub has no backup yet" : "\(what) until the hub’s next backup"
  }

  private var notices: [(String, String)] {
    status.notices.prefix(3).map { notice in
      let time = TimeText.iso8601(milliseconds: notice.milliseconds)
      return ("Notice", "\(time.prefix(10)): \(ValueText.escaped(notice.text))")
    }
  }

  private var pending: String {
    guard status.pendingRowCount > 0 else { return "nothing" }
    let rows = NumberText.counted(status.pendingRowCount, "row")
    guard let oldest = status.pendingOldestMilliseconds else { return rows }
    return "\(rows), the oldest written \(TimeText.iso8601(milliseconds: oldest))"
  }

  private var lastSync: String {
    guard let last = status.lastCompleteMilliseconds else { return "none yet" }
    let ago = TimeText.span(milliseconds: nowMilliseconds - last)
    return "\(TimeText.iso8601(milliseconds: last)) (\(ago) ago)"
  }

  private var conflicts: String {
    let settled = "\(NumberText.grouped(status.settledConflictCount)) settled by rule"
    guard status.openConflictCount > 0 else { return "none open, \(settled)" }
    return "\(NumberText.grouped(status.openConflictCount)) open, \(settled);"
      + " see: tributary conflicts \(database) --open"
  }

  private var clock: String {
    guard status.lastContactMilliseconds != nil else { return "not compared with the hub’s yet" }
    let offset = status.clockOffsetMilliseconds
    if offset.magnitude < 1_000 { return "agrees with the hub’s" }
    let span = TimeText.offset(milliseconds: Int64(clamping: offset.magnitude)).dropFirst()
    return "\(span) \(offset > 0 ? "behind" : "ahead of") the hub’s"
  }
}
