internal import Agent

/// What one sync came to, for people and for scripts.
struct SyncResult {
  let report: SyncReport
  let database: String
  let elapsedMilliseconds: Int64

  var status: ExitStatus {
    let isClean =
      report.conflictsOpen == 0 && report.quarantined == 0 && report.leftOut.isEmpty
      && report.repairedTriggers.isEmpty
    return isClean ? .done : .leftovers
  }

  var json: JSONValue {
    [
      "pushed": [
        "changesets": .count(report.pushed.changesets), "rows": .count(report.pushed.rows),
        "bytes": .count(report.pushed.bytes),
      ],
      "pulled": ["rows": .count(report.pulled.rows), "bytes": .count(report.pulled.bytes)],
      "conflicts": [
        "open": .count(report.conflictsOpen), "settled": .count(report.conflictsSettled),
      ],
      "quarantined": .count(report.quarantined),
      "clockOffsetMilliseconds": .optional(report.clockOffsetMilliseconds),
      "roundTrips": .count(report.roundTrips),
      "elapsedMilliseconds": .integer(elapsedMilliseconds),
    ]
  }

  /// One line, and one more for each thing to look at.
  var lines: [String] {
    var lines = [
      "Sent \(Self.amount(report.pushed.rows, report.pushed.bytes)), received"
        + " \(Self.amount(report.pulled.rows, report.pulled.bytes)), in"
        + " \(NumberText.elapsed(milliseconds: elapsedMilliseconds))."
    ]
    if report.conflictsSettled > 0 {
      lines.append(
        "\(NumberText.counted(report.conflictsSettled, "conflict")) settled by rule;"
          + " see: tributary conflicts \(database)")
    }
    if report.conflictsOpen > 0 {
      lines.append(
        "\(NumberText.counted(report.conflictsOpen, "conflict")) for a person to decide;"
          + " see: tributary conflicts \(database) --open")
    }
    if report.quarantined > 0 {
      lines.append(
        "\(NumberText.counted(report.quarantined, "row")) in quarantine;"
          + " see: tributary doctor \(database)")
    }
    return lines
  }

  /// What else a person should know: for standard error.
  var notes: [String] {
    var notes = report.leftOut
    if !report.repairedTriggers.isEmpty {
      notes.append(
        "Capture triggers were missing and are back:"
          + " \(report.repairedTriggers.joined(separator: ", ")). What was written meanwhile was"
          + " not noticed; see: tributary verify \(database)")
    }
    return notes
  }

  private static func amount(_ rows: Int, _ bytes: Int) -> String {
    rows == 0
      ? "nothing" : "\(NumberText.counted(rows, "row")) (\(NumberText.bytes(bytes)))"
  }
}
