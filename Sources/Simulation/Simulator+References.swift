internal import Basics
internal import Deltas
internal import HubStore
internal import Merging
internal import Storage

/// Tables beside the others of which one refers to the other, and the other to itself, and programs
/// that have foreign keys on.
///
/// Everybody writes the persons, and whom a deed is of; its note only the branch that made it. What
/// becomes of deeds each program notes in its own file, in the same transaction: with whatever
/// power losses and crashes leave of the file, these notes are what truly happened.
extension Simulator {
  /// What a program does to these tables in its transaction.
  func refer(_ database: Database, at branch: SimulatedBranch) throws {
    guard plan.references != nil, kin.chance(500) else { return }
    let first = 1_000 * Int64(branch.machine.number)
    let before = try deeds(in: database)
    for _ in 0..<Int.random(in: 1...3, using: &kin) {
      let deed = first + Int64.random(in: 1...3, using: &kin)
      try run(statements(ownDeed: deed), database, at: branch)
    }
    let after = try deeds(in: database)
    for (id, note) in before.sorted(by: { $0.key < $1.key }) where after[id] == nil {
      try log(id, note, isGone: true, in: database)
    }
    for (id, note) in after.sorted(by: { $0.key < $1.key })
    where (first..<first + 1_000).contains(id) && before[id] != note {
      try log(id, note, isGone: false, in: database)
    }
  }

  /// What a foreign key refuses never was, and what comes after it is not done.
  private func run(
    _ statements: [String], _ database: Database, at branch: SimulatedBranch
  ) throws {
    for sql in statements {
      do {
        try database.execute(sql)
        if database.changes > 0 { trace.add(now, branch.name, "runs \(sql)") }
      } catch {
        guard case .constraint = error else { throw error }
        return
      }
    }
  }

  private func log(_ id: Int64, _ note: Value, isGone: Bool, in database: Database) throws {
    try database.execute(
      "INSERT INTO deed_log (id, note, is_gone) VALUES (?1, ?2, ?3)",
      [.integer(id), note, .integer(isGone ? 1 : 0)])
  }

  private func deeds(in database: Database) throws -> [Int64: Value] {
    var result: [Int64: Value] = [:]
    for row in try database.rows("SELECT id, note FROM deed") {
      if case .integer(let id) = row[0] { result[id] = row[1] }
    }
    return result
  }

  /// Something that a program does.
  private func statements(ownDeed deed: Int64) -> [String] {
    func person() -> Int64 { Int64.random(in: 1...5, using: &kin) }
    func reference() -> String { kin.chance(100) ? "NULL" : "\(person())" }
    func text() -> String { "'t\(Int64.random(in: 0..<1_000_000_000, using: &kin))'" }
    let id = person()
    return switch Int.random(in: 0..<12, using: &kin) {
    case 0...1:
      ["INSERT INTO deed (id, person, note) VALUES (\(deed), \(reference()), \(text()))"]
    case 2: ["UPDATE deed SET note = \(text()) WHERE id = \(deed)"]
    case 3: ["UPDATE deed SET person = \(reference()) WHERE id % 1000 = \(deed % 1_000)"]
    case 4: ["DELETE FROM deed WHERE id = \(deed)"]
    case 5...6:
      ["INSERT INTO person (id, name, boss) VALUES (\(id), \(text()), \(reference()))"]
    case 7: ["UPDATE person SET name = \(text()), boss = \(reference()) WHERE id = \(id)"]
    case 8: ["DELETE FROM person WHERE id = \(id)"]
    case 9:
      [
        kin.chance(500)
          ? "DELETE FROM deed WHERE person = \(id)"
          : "UPDATE deed SET person = NULL WHERE person = \(id)",
        "UPDATE person SET boss = NULL WHERE boss = \(id)", "DELETE FROM person WHERE id = \(id)",
      ]
    case 10:
      [
        "INSERT OR REPLACE INTO person (id, name, boss)"
          + " VALUES (\(id), \(text()), \(reference()))"
      ]
    default: ["UPDATE person SET id = \(person()) WHERE id = \(id)"]
    }
  }

  // MARK: What is broken

  /// References that find nothing, as SQLite sees it: the row, and the table that it refers to.
  private static let brokenReferences =
    """
    SELECT "table" || ' ' || rowid || ' refers to ' || parent FROM pragma_foreign_key_check
    ORDER BY 1
    """

  /// Whatever foreign key the hub's tables break is on its list, with a reason that there can be,
  /// and nothing else is.
  func checkReferences() throws {
    guard let references = plan.references, isSound, let hubStore, let hubReader else { return }
    let broken = try hubReader.query(Self.brokenReferences).map { $0[0].shown }
    let orphans = try hubStore.orphans()
    let listed = orphans.map { orphan in
      let table = wholeSchema.table(orphan.key.table)?.name ?? "?"
      let parent = wholeSchema.table(orphan.parent)?.name ?? "?"
      return "\(table) \(orphan.key.values[0].shown) refers to \(parent)"
    }.sorted()
    faults.orphans = max(faults.orphans, orphans.count)
    if listed != broken.sorted() {
      world.complain(
        "References", "The hub's tables break \(broken), and its list has \(listed).")
    }
    for orphan in orphans {
      let isPossible =
        switch orphan.absence.cause {
        case .unknown: plan.prunings > 0 || plan.hasUpheavals
        case .deletedKnowingly, .referredKnowingly: true
        case .deletionStands: references.deletesOfPersons == .win
        case .partial: plan.hasUpheavals
        case .refused, .notAsked: false
        }
      if !isPossible {
        world.complain(
          "References",
          "What \(wholeSchema.name(orphan.key)) refers to is said to be not there for a reason"
            + " that cannot be: \(orphan.absence.cause).")
      }
    }
  }

  /// At the end each branch's tables break what the hub's do; and what became of each deed is what
  /// the programs did.
  func checkReferencesAtBranches() throws {
    guard plan.references != nil, let hubStore, let hubReader else { return }
    try checkReferences()
    let broken = try hubReader.query(Self.brokenReferences)
    for machine in machines {
      let found = try branches[machine]?.application?.looking {
        try $0.rows(Self.brokenReferences)
      }
      if let found, found != broken {
        world.complain(
          "References",
          "At \(machine) the tables break \(found.map { $0[0].shown }), at the hub"
            + " \(broken.map { $0[0].shown }).")
      }
    }
    faults.broughtBack += try hubStore.conflicts(openOnly: false).count {
      $0.explanation.contains("that refers to it")
    }
    if !plan.hasUpheavals { try checkDeeds(hubStore, hubReader) }
  }

  private struct Deed: Hashable {
    var id: Int64
    var note: Value
  }

  /// What its branch wrote last to a deed stands, unless somebody who had seen that has deleted it,
  /// or the ledger has it.
  private func checkDeeds(_ hubStore: HubStore, _ hubReader: RowWatch) throws {
    var last: [Int64: Value] = [:]
    var deleted: Set<Deed> = []
    for machine in machines {
      let entries = try branches[machine]?.application?.looking {
        try $0.rows("SELECT id, note, is_gone FROM deed_log ORDER BY rowid")
      }
      for entry in entries ?? [] {
        guard case .integer(let id) = entry[0] else { continue }
        let isGone = entry[2] == .integer(1)
        if isGone { deleted.insert(Deed(id: id, note: entry[1])) }
        if id / 1_000 == Int64(machine.number) { last[id] = isGone ? nil : entry[1] }
      }
    }
    var standing: [Int64: Value] = [:]
    for row in try hubReader.query("SELECT id, note FROM deed") {
      if case .integer(let id) = row[0] { standing[id] = row[1] }
    }
    let ledger = try hubStore.conflicts(openOnly: false)
    for (id, note) in last.sorted(by: { $0.key < $1.key }) where standing[id] != note {
      if standing[id] == nil, deleted.contains(Deed(id: id, note: note)) { continue }
      let mayYield = plan.prunings > 0 || plan.references?.deletesOfDeeds == .win
      if standing[id] == nil, mayYield,
        ledger.contains(where: { $0.sides.contains { $0.values?.contains(note) ?? false } })
      {
        continue
      }
      world.complain(
        "References",
        "Deed \(id) has the note \(standing[id]?.shown ?? "of no row"), where its branch wrote"
          + " \(note.shown) last, and nobody who had seen that has deleted it.")
    }
  }
}
