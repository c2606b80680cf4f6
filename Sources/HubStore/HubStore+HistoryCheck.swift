internal import Clocks
internal import Deltas
internal import Storage

/// Whether the history is whole, and goes with the log.
extension HubStore {
  /// Inside a transaction of the store. Reads the whole history.
  func checkHistory() throws -> Finding {
    do {
      return try lookAtHistory()
    } catch StorageError.corrupt {
      return Self.unreadable(what: "The history in history.db is damaged.")
    }
  }

  private func lookAtHistory() throws -> Finding {
    guard DatabaseFile.exists("\(folder)/\(HistoryFile.name)") else {
      return Finding(
        isOK: true, what: "No history is kept yet: what rows were is known from the log alone.",
        whatToDo: "")
    }
    guard let file = try historyFile(creating: false) else {
      return Self.unreadable(
        what: "The file history.db is damaged, or is the history of another hub.")
    }
    let answers = try file.database.rows(HubSQL.quickCheck).map { $0[0].asText }
    guard answers == ["ok"] else {
      return Self.unreadable(
        what: "The history in history.db is damaged: \(answers.first ?? "").")
    }
    return try file.database.readTransaction { try compare(file) }
  }

  /// How the history stands to the log.
  private func compare(_ file: HistoryFile) throws -> Finding {
    let head = try log.head()
    let generation = try timeline().place(at: head).generation
    let size = "\((try file.byteCount() + 1 << 20 - 1) >> 20) MiB"
    let last = try file.database.integer(HistorySQL.selectLastOf, [Value(generation)]) ?? 0
    guard last <= Int64(clamping: head.rawValue) else {
      // As after every restore into the hub's own folder, until it serves again.
      return Finding(
        isOK: true,
        what: "The history goes up to position \(last) of a log that ends at \(head): the store was"
          + " put back. Branches give back what it lacks, once it serves.",
        whatToDo: "")
    }
    let first = try file.database.integer(HistorySQL.selectFirst) ?? 1
    let reader = try HistoryReader(self, file, table: TableID(0), key: [])
    let holes = reader.unknown.filter { $0.upTo.rawValue >= UInt64(clamping: first) }
      .filter { $0.after > .start }
    guard let hole = holes.first else {
      let from = reader.unknown.last?.upTo.next ?? LogPosition.start.next
      return Finding(
        isOK: true,
        what: "The history is whole and goes with the log, from position \(from) on (\(size)).",
        whatToDo: "")
    }
    return Finding(
      isOK: false,
      what: "The history lacks positions \(hole.after.next) to \(hole.upTo), which the log has let"
        + " go of.",
      whatToDo: "If there is a later copy of history.db, stop the hub and put that back. Otherwise"
        + " only “tributary history” and “tributary why” tell less; nothing else needs it.")
  }

  private static func unreadable(what: String) -> Finding {
    Finding(
      isOK: false, what: what,
      whatToDo: "Put a copy of it back while the hub is stopped. Without one the hub puts the file"
        + " aside by itself and begins anew; what rows were before is then known no more, and"
        + " nothing else is lost.")
  }
}
