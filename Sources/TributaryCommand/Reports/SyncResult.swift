internal import Agent
internal import Sessions

/// What one sync came to, for people and for scripts.
struct SyncResult {
  let report: SyncReport
  let database: String
  let elapsedMilliseconds: Int64

  var status: ExitStatus {
    // What triggers missed is no leftover once it was found and sent.
    let isWhole = report.repairedTriggers.isEmpty || report.repair?.leftCount == 0
    let isClean =
      report.conflictsOpen == 0 && report.quarantined == 0 && report.leftOut.isEmpty && isWhole
      && report.repair?.leftCount ?? 0 == 0
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
      "newName": .optional(report.newName),
      "hubWasRestored": .bool(report.isRelocated),
      "gotWholeState": .bool(report.isRebased),
      "repaired": .optionalCount(report.repair?.healedCount),
      "notices": .array(
        report.notices.map {
          ["at": .time($0.milliseconds), "text": .string($0.text)]
        }),
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
    notes += report.notSynced.map {
      "\(ValueText.escaped($0)) See: tributary doctor \(database)"
    }
    if let name = report.newName {
      notes.append(
        "This database was a copy of another one, and is “\(ValueText.escaped(name))” from now on."
          + " Nothing was lost; both go on.")
    }
    if report.isRelocated {
      notes.append(
        "The hub was restored from a backup. What this branch had of the rest, it has given back;"
          + " what nobody has is listed at the hub by: tributary hub losses DIR")
    }
    if report.isRebased {
      notes.append("This branch was away for long: it got all rows as they stand.")
    }
    notes += report.notices.map { ValueText.escaped($0.text) }
    return notes + triggerNotes
  }

  private var triggerNotes: [String] {
    let repair = report.repair
    let missed = "What was written meanwhile was not noticed; see: tributary verify \(database)"
    var notes: [String] = []
    if !report.repairedTriggers.isEmpty {
      let found = repair.map {
        "Compared with the hub, \(NumberText.counted($0.healedCount, "row")) differed and"
          + " \($0.healedCount == 1 ? "was" : "were") healed."
      }
      notes.append(
        "Capture triggers were missing and are back:"
          + " \(report.repairedTriggers.joined(separator: ", "))."
          + " \(found ?? missed)"
      )
    } else if let repair, repair.healedCount > 0 {
      notes.append(
        "\(NumberText.counted(repair.healedCount, "row")) differed from the hub’s without anybody"
          + " having said so, and \(repair.healedCount == 1 ? "was" : "were") healed.")
    }
    if let left = repair?.leftCount, left > 0 {
      notes.append(
        "\(NumberText.counted(left, "row")) still \(left == 1 ? "differs" : "differ") from the"
          + " hub’s; see: tributary verify \(database)")
    }
    return notes
  }

  private static func amount(_ rows: Int, _ bytes: Int) -> String {
    rows == 0
      ? "nothing" : "\(NumberText.counted(rows, "row")) (\(NumberText.bytes(bytes)))"
  }
}
