internal import Deltas
internal import Storage

/// What a check of the branch's file found.
package struct Finding: Hashable, Sendable {
  package var isOK: Bool
  /// One sentence.
  package var what: String
  /// What a person does next; empty when all is well.
  package var whatToDo: String

  package init(isOK: Bool, what: String, whatToDo: String) {
    self.isOK = isOK
    self.what = what
    self.whatToDo = whatToDo
  }
}

extension BranchStore {
  /// Checks the file, its schema, the capture triggers and the rows. Changes nothing; reads the
  /// whole file.
  package func check() throws -> [Finding] {
    try performing {
      var result = [try checkIntegrity()]
      result += try checkFit()
      result.append(try checkTriggers())
      result += try checkNumbers()
      result += try checkKeys()
      result += try checkWaiting()
      return result
    }
  }

  private func checkIntegrity() throws -> Finding {
    let sentences = try database.rows(BranchSQL.quickCheck).map { row -> String in
      guard case .text(let bytes) = row[0] else { return "" }
      return String(decoding: bytes, as: UTF8.self)
    }
    if sentences == ["ok"] {
      return Finding(isOK: true, what: "The file is an intact SQLite database.", whatToDo: "")
    }
    return Finding(
      isOK: false, what: "The file is damaged: \(sentences.joined(separator: "; ")).",
      whatToDo: "Stop the application and restore the file from a backup.")
  }

  private func checkFit() throws -> [Finding] {
    var result: [Finding] = []
    let untracked = try untrackedNames()
    let placement = try SchemaReader.placement(
      of: known, in: database, besides: untracked, called: try localNames())
    let gone = placement.missing.filter { schema.table($0.id) != nil }
    for sentence in gone.map({ "Table “\($0.name)” is missing." }) + placement.differences {
      result.append(
        Finding(
          isOK: false, what: sentence,
          whatToDo: "Bring the table back to the hub's schema; nothing is synced before."))
    }
    for name in untracked.filter({ isOwn($0) }).sorted(by: { $0.table < $1.table }) {
      result.append(
        Finding(
          isOK: false,
          what: "Column “\(name.column ?? "")” of table “\(name.table)” is not synced: the hub has "
            + "no place for it, or another thing under its name.",
          whatToDo: "Nothing, if that is as it should be; else call it something else."))
    }
    for sentence in placement.unfit {
      result.append(
        Finding(
          isOK: false, what: "\(sentence) It is not synced.",
          whatToDo: "Make it as the others have it, or call it something else."))
    }
    for sentence in try withoutClashes(placement, of: known).sentences {
      result.append(
        Finding(
          isOK: false, what: "\(sentence) It is not synced.",
          whatToDo: "Make a column for each of what it refers to, without a default."))
    }
    for sentence in try unfollowedReferences() {
      result.append(
        Finding(
          isOK: false, what: sentence,
          whatToDo: "Make another column for that, of the key's type, and copy the values."))
    }
    for sentence in try sharedNumbers() {
      result.append(
        Finding(
          isOK: false, what: sentence,
          whatToDo: "Nothing, if programs give them; else use keys that no other branch makes."))
    }
    for sentence in try keyDoubts() {
      result.append(
        Finding(
          isOK: false, what: "\(sentence) Its values travel as they are.",
          whatToDo: "Nothing, if it holds something else; else leave, and join again with"
            + " --refers."))
    }
    for (table, column) in placement.missingColumns {
      result.append(
        Finding(
          isOK: true,
          what: "Column “\(column.name)” of table “\(table.name)” is not in this file: its values "
            + "are kept until the application has made it.",
          whatToDo: ""))
    }
    if result.isEmpty {
      result.append(
        Finding(
          isOK: true, what: "The \(schema.tables.count) tracked tables fit the hub's schema.",
          whatToDo: ""))
    }
    return result
  }

  /// Whether a column is not synced under any number.
  private func isOwn(_ name: UntrackedName) -> Bool {
    guard let column = name.column,
      let table = known.tables.first(where: { Schema.sameName($0.name, name.table) })
    else { return false }
    return schema.table(table.id)?.columns.contains { Schema.sameName($0.name, column) } == false
  }

  private func checkTriggers() throws -> Finding {
    let damaged = try damagedTriggers().map(\.name)
    if damaged.isEmpty {
      return Finding(isOK: true, what: "All capture triggers are in place.", whatToDo: "")
    }
    return Finding(
      isOK: false,
      what: "Capture triggers are missing or altered: \(damaged.joined(separator: ", ")).",
      whatToDo: "Sync, which makes them anew; then run “tributary verify” to find what was "
        + "written meanwhile.")
  }

  /// Capture tells numbers that SQLite gives by what a trigger sees before the insert. SQLite's
  /// documentation leaves open what that is.
  private func checkNumbers() throws -> [Finding] {
    guard tables.contains(where: { $0.keys?.marksNumbers == true }) else { return [] }
    let trial = try Database(path: ":memory:", mode: .create)
    try trial.executeScript(BranchSQL.numberTrial)
    let seen = try trial.rows(BranchSQL.numberTrialSeen).map { $0[0] }
    if seen == BranchSQL.numberTrialExpected {
      return [
        Finding(
          isOK: true, what: "SQLite shows which numbers of new rows it gives itself.",
          whatToDo: "")
      ]
    }
    return [
      Finding(
        isOK: false,
        what: "This SQLite library does not show which numbers of new rows it gives itself: they "
          + "are taken for those that programs write, and two branches may give one to two rows.",
        whatToDo: "Use another release of SQLite here and in the application, and tell us.")
    ]
  }

  private func checkKeys() throws -> [Finding] {
    try tables.compactMap { table in
      guard
        let found = try SchemaReader.table(
          named: table.schema.name, id: table.schema.id, in: database),
        found.keyNames.count == table.keyCount,
        let count = try database.integer(BranchSQL.countNullKeys(table.schema)), count > 0
      else { return nil }
      return Finding(
        isOK: false,
        what: "\(count) rows of table “\(table.schema.name)” are not synced: their key has a "
          + "NULL in it.",
        whatToDo: "Give them a key.")
    }
  }

  private func checkWaiting() throws -> [Finding] {
    try deferredRows().compactMap { row in
      guard let reason = row.reason, let table = table(row.key.table) else { return nil }
      return Finding(
        isOK: false,
        what: "A row of table “\(table.schema.name)” is in quarantine: \(reason).",
        whatToDo: "Change or remove the row here that stands in its way, then sync.")
    }
  }
}
