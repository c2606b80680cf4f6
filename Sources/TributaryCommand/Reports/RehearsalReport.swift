internal import Clocks
internal import Deltas
internal import HubStore

/// What a policy makes of the conflicts there were.
struct RehearsalReport {
  var rehearsal = Rehearsal()
  /// The version that was published, if one was.
  var version: UInt64?
  let schema: Schema
  let names: [ReplicaID: String]
  /// Whether it was done, not only tried.
  let isDone: Bool

  init(
    rehearsal: Rehearsal = Rehearsal(), schema: Schema, names: [ReplicaID: String], isDone: Bool
  ) {
    self.rehearsal = rehearsal
    self.schema = schema
    self.names = names
    self.isDone = isDone
  }

  var json: JSONValue {
    [
      "version": version.map { .integer(Int64(clamping: $0)) } ?? .null,
      "examined": .count(rehearsal.examinedCount), "differing": .count(rehearsal.differingCount),
      "opened": .count(rehearsal.openedCount), "left": .count(rehearsal.leftCount),
      "sample": .array(
        rehearsal.sample.map { change in
          ["before": ledger.json(change.before), "after": ledger.json(change.after)]
        }),
    ]
  }

  func print(asJSON isJSON: Bool) {
    if isJSON {
      Console.print(json)
    } else {
      Console.print(lines: lines(style: Console.style))
    }
  }

  func lines(style: TextStyle) -> [String] {
    var lines: [String] = []
    if let version { lines.append("Version \(version) of the policy is in force.") }
    let would = isDone ? "has" : "would have"
    let examined = NumberText.counted(rehearsal.examinedCount, "conflict")
    lines.append(
      "Of \(examined) that rules decided, \(NumberText.grouped(rehearsal.differingCount))"
        + " \(would) another value standing.")
    if rehearsal.openedCount > 0 {
      let opened = NumberText.counted(rehearsal.openedCount, "conflict")
      lines.append("\(opened) \(isDone ? "waits" : "would wait") for a person.")
    }
    if rehearsal.leftCount > 0 {
      lines.append(
        "\(NumberText.counted(rehearsal.leftCount, "entry", "entries")) of the ledger stay:"
          + " people decided them, somebody has written since, or no rule decides them.")
    }
    for change in rehearsal.sample {
      lines.append("")
      lines += ledger.lines(change.before, style: style)
      lines.append(Self.line(of: change.after, style: style))
    }
    return lines
  }

  private static func line(of after: Conflict, style: TextStyle) -> String {
    let values = after.sides[0].values.map { $0.map(ValueText.shown).joined(separator: ", ") }
    let rule = style.faint("rule: \(after.rule). \(after.explanation)")
    return "  \(style.strong("would stand: "))\(values ?? "its deletion")  \(rule)"
  }

  private var ledger: LedgerReport {
    LedgerReport(conflicts: [], schema: schema, names: names)
  }
}
