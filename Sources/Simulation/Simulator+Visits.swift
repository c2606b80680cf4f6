internal import Basics
internal import Deltas
internal import Storage

/// A table beside the others that counts, and that gets a column midway: no value of it names its
/// write, so that the world looks at what it comes to in the end.
///
/// What a program adds to a count it notes in its own file, in the same transaction. Whatever power
/// losses and crashes leave of the file, the sums of all notes are what the counts must be.
extension Simulator {
  /// What a program does to the counts in its transaction.
  func visit(_ database: Database, at branch: SimulatedBranch) throws {
    guard plan.hasVisits, tally.chance(400) else { return }
    let own = SimulatedSchema.firstOwnVisit + Int64(branch.machine.number)
    let id = tally.chance(800) ? Int64.random(in: 1...3, using: &tally) : own
    let added = Int64.random(in: -5...20, using: &tally)
    let isThere = try database.integer("SELECT count(*) FROM visit WHERE id = \(id)") == 1
    if isThere, tally.chance(300) {
      // A program that saves the whole row.
      let columns = try "id, count + \(added)" + (hasNotes(database) ? ", note" : "")
      try database.execute(
        "INSERT OR REPLACE INTO visit SELECT \(columns) FROM visit WHERE id = \(id)")
    } else if isThere {
      try database.execute("UPDATE visit SET count = count + \(added) WHERE id = \(id)")
    } else if id == own {
      try database.execute("INSERT INTO visit (id, count) VALUES (\(id), \(added))")
    } else {
      return
    }
    try database.execute("INSERT INTO visit_log (id, added) VALUES (\(id), \(added))")
    guard plan.hasUpgrades, id == own else { return }
    if try hasNotes(database) {
      let note = Int64.random(in: 0..<1_000_000, using: &tally)
      try database.execute("UPDATE visit SET note = 'n\(note)' WHERE id = \(id)")
      try database.execute("INSERT INTO visit_log (id, note) VALUES (\(id), 'n\(note)')")
    } else if tally.chance(150), branch.engine == nil || tally.chance(300) {
      // A sync that it comes in the midst of may have to begin anew.
      try database.execute(SimulatedSchema.visitUpgradeSQL)
      faults.upgrades += 1
      trace.add(now, branch.name, "has its program's update")
    }
  }

  private func hasNotes(_ database: Database) throws -> Bool {
    try database.integer(
      "SELECT count(*) FROM pragma_table_info('visit') WHERE name = 'note'") == 1
  }

  /// The rows that everybody counts in are made at one branch.
  func makeVisits(at branch: SimulatedBranch) throws {
    guard plan.hasVisits, branch.machine.number == 1 else { return }
    try branch.disk.acting(as: .program) {
      try branch.application?.run("INSERT INTO visit (id, count) VALUES (1, 0), (2, 0), (3, 0)")
    }
  }

  /// Whoever had no update yet has it once faults are over.
  func upgradeAll() throws {
    guard plan.hasUpgrades else { return }
    for machine in machines {
      guard let branch = branches[machine], let application = branch.application else { continue }
      SQLiteClock.set(wall(branch))
      try branch.disk.acting(as: .program) {
        if try application.looking(hasNotes) { return }
        try application.run(SimulatedSchema.visitUpgradeSQL)
      }
      faults.upgrades += 1
    }
  }

  /// Every count is the sum of what all programs added, and every note is the last that its branch
  /// wrote.
  func checkVisits() throws {
    guard plan.hasVisits, !plan.hasUpheavals else { return }
    var sums: [Int64: Int64] = [:]
    var notes: [Int64: String] = [:]
    for machine in machines {
      try branches[machine]?.application?.looking { database in
        for row in try database.rows("SELECT id, sum(added) FROM visit_log GROUP BY id") {
          guard case .integer(let id) = row[0], case .integer(let sum) = row[1] else { continue }
          sums[id, default: 0] += sum
        }
        let last = "SELECT id, note FROM visit_log WHERE note NOT NULL ORDER BY rowid"
        for row in try database.rows(last) {
          if case .integer(let id) = row[0] { notes[id] = row[1].shown }
        }
      }
    }
    let hub = try Database(path: folder + "/hub/hub.db", mode: .readWrite)
    let noted = try plan.hasUpgrades && hasNotes(hub)
    for (id, sum) in sums.sorted(by: { $0.key < $1.key }) {
      let row = try hub.firstRow(
        "SELECT count, \(noted ? "note" : "NULL") FROM visit WHERE id = \(id)")
      if row?[0] != .integer(sum) {
        world.complain(
          "Counters",
          "Visit \(id) is \(row?[0].shown ?? "absent"); what was added to it comes to \(sum).")
      }
      if let note = notes[id], row?[1].shown != note {
        world.complain(
          "Upgrades", "Visit \(id) has the note \(row?[1].shown ?? "absent"), not \(note).")
      }
    }
  }
}
