internal import Clocks
internal import Glibc
internal import HubStore

/// A backup that was made.
struct BackupReport {
  let facts: HubStore.Backup
  let file: String

  private var byteCount: Int {
    var facts = stat()
    return stat(file, &facts) == 0 ? Int(facts.st_size) : 0
  }

  var json: JSONValue {
    .object(
      [.init(name: "file", value: .string(file))] + Self.members(facts)
        + [.init(name: "bytes", value: .count(byteCount))])
  }

  var lines: [String] {
    [
      "Backup \(facts.number) is in \(file) (\(NumberText.bytes(byteCount))):"
        + " \(Self.state(facts)).",
      "It holds the hub’s keys: keep it where only you can read it.",
    ]
  }

  static func members(_ facts: HubStore.Backup) -> [JSONValue.Member] {
    [
      .init(name: "number", value: .integer(Int64(clamping: facts.number))),
      .init(name: "generation", value: .string(facts.place.generation.description)),
      .init(name: "position", value: .integer(Int64(clamping: facts.place.position.rawValue))),
      .init(name: "time", value: .time(facts.milliseconds)),
    ]
  }

  /// “position 812 of the hub's log, at 2026-…”
  static func state(_ facts: HubStore.Backup) -> String {
    let position = NumberText.grouped(Int(clamping: facts.place.position.rawValue))
    return "the hub at position \(position) of its log"
  }
}

/// A hub that was restored, and what happens next.
struct RestoreReport {
  let facts: RestoreFacts
  let folder: String
  let isServed: Bool

  var json: JSONValue {
    .object(
      [
        .init(name: "folder", value: .string(folder)),
        .init(name: "backup", value: .object(BackupReport.members(facts.backup))),
        .init(
          name: "replacedPosition",
          value: .optional(facts.replacedPosition.map { Int64(clamping: $0.rawValue) })),
        .init(name: "putAside", value: .optional(facts.putAside)),
        .init(name: "served", value: .bool(isServed)),
      ])
  }

  var lines: [String] {
    let backup = facts.backup
    var lines = [
      "\(folder) is \(BackupReport.state(backup)), as backup \(backup.number) of"
        + " \(TimeText.iso8601(milliseconds: backup.milliseconds ?? 0)) has it."
    ]
    if let replaced = facts.replacedPosition {
      let position = NumberText.grouped(Int(clamping: replaced.rawValue))
      lines.append("It was at position \(position) before.")
    }
    if let aside = facts.putAside {
      lines.append("The store that could not be read is kept as \(aside).")
    }
    lines += [
      "What branches have that this hub does not, each gives back at its next sync.",
      "Devices revoked or retired after the backup are let in again: look at"
        + " `tributary hub branches \(folder)`. Whoever joined after it may be refused with"
        + " `tributary hub revoke`.",
    ]
    if !isServed { lines.append("Next: tributary hub serve \(folder)") }
    return lines
  }
}
