internal import Clocks
internal import Glibc
internal import HubStore

/// A backup that was made.
struct BackupReport {
  let facts: HubStore.Backup
  let file: String

  private var byteCount: Int { Self.byteCount(of: file) ?? 0 }

  /// The history's own file beside it.
  private var historyFile: String { file + HubStore.historySuffix }

  private static func byteCount(of path: String) -> Int? {
    var facts = stat()
    return stat(path, &facts) == 0 ? Int(facts.st_size) : nil
  }

  var json: JSONValue {
    .object(
      [.init(name: "file", value: .string(file))] + Self.members(facts)
        + [
          .init(name: "bytes", value: .count(byteCount)),
          .init(
            name: "historyBytes", value: .optionalCount(Self.byteCount(of: historyFile))),
        ])
  }

  var lines: [String] {
    let history = Self.byteCount(of: historyFile).map {
      "What its log has let go of is in \(historyFile) (\(NumberText.bytes($0)))."
    }
    let head =
      "Backup \(facts.number) is in \(file) (\(NumberText.bytes(byteCount))):"
      + " \(Self.state(facts))."
    let care = "It holds the hub’s keys: keep it where only you can read it."
    return [head, history, care].compactMap { $0 }
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
        .init(name: "history", value: .bool(facts.hasHistory)),
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
    if !facts.hasHistory {
      lines.append("It has no history: what rows were before is told from here on.")
    }
    lines += [
      "What branches have that this hub does not, each gives back at its next sync.",
      "Devices revoked or retired after the backup are let in again: look at"
        + " `tributary hub branches \(folder)`. Whoever joined after it may be refused with"
        + " `tributary hub revoke`.",
      "The merge policy is the backup's too: if another was published after it, publish that again"
        + " before branches come, with `tributary policy publish FILE \(folder)`.",
    ]
    if !isServed { lines.append("Next: tributary hub serve \(folder)") }
    return lines
  }
}
