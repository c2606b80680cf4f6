internal import Foundation

/// What one sync of all rows, from one branch to another, used.
private struct Passage {
  var push: Ended
  var pull: Ended
  var hubSeconds: Double
  var loopbackBytes: Int?

  var cpuSeconds: Double { push.usage.cpuSeconds + pull.usage.cpuSeconds + hubSeconds }
}

/// What one world of some size came to.
private struct Trip {
  var rowCount: Int
  var inserts: Passage
  var updates: Passage
  var copySeconds: Double
  var insertCSVBytes: Int
  var updateCSVBytes: Int
  var hubPeakKibibytes: Int
  var engineBytes: Int
  var schemaBytes: Int
  var freeBytes: Int
  var dataBytes: Int

  var sendingPeakKibibytes: Int {
    max(inserts.push.usage.peakKibibytes, updates.push.usage.peakKibibytes)
  }

  var receivingPeakKibibytes: Int {
    max(inserts.pull.usage.peakKibibytes, updates.pull.usage.peakKibibytes)
  }
}

extension Bench {
  /// (b) to (e): rows written at one branch travel to another through the hub.
  func measureSync(_ folder: String, _ template: String, _ report: inout Report) throws {
    let trip = try travel(rowCount, folder, template)
    addCosts(trip, &report)
    addBytes(trip, &report)
    if only.contains("d") {
      let larger = try travel(2 * rowCount, folder, template)
      addMemory(trip, larger, &report)
    }
    addEngineBytes(trip, &report)
  }

  private func travel(_ count: Int, _ folder: String, _ template: String) throws -> Trip {
    say("b–e: \(count) rows from branch to branch")
    let place = "\(folder)/sync\(count)"
    let world = try World(program: program, like: template, in: place)
    let a = try world.join("a", template: template)
    let b = try world.join("b", template: template)
    _ = try Self.part("fill", a, "\(count)")
    let inserts = try pass(world, from: a, to: b)
    let copySeconds = Double(try Self.part("copy", a, "\(place)/copy.db")) ?? .nan
    let insertCSVBytes = Int(try Self.part("csv", a, "SELECT * FROM customer")) ?? 0

    _ = try Self.part("change", a, "\(count)")
    let updates = try pass(world, from: a, to: b)
    let updateCSVBytes = Int(try Self.part("csv", a, "SELECT id, balance FROM customer")) ?? 0
    // Everything is confirmed by now; one more lets either side forget what it may.
    for database in [a, b, a] { _ = try world.sync(database) }

    let database = try SQLite(b)
    let pageBytes = try database.integer("PRAGMA page_size")
    func bytes(_ condition: String) throws -> Int {
      try database.integer("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE \(condition)")
    }
    let trip = Trip(
      rowCount: count, inserts: inserts, updates: updates,
      copySeconds: copySeconds, insertCSVBytes: insertCSVBytes, updateCSVBytes: updateCSVBytes,
      hubPeakKibibytes: Usage.peakKibibytes(of: world.hubPID) ?? 0,
      engineBytes: try bytes("name LIKE 'tributary%' OR name LIKE 'sqlite_autoindex_tributary%'"),
      schemaBytes: try bytes("name = 'sqlite_schema'") - pageBytes,
      freeBytes: try database.integer("PRAGMA freelist_count") * pageBytes,
      dataBytes: try bytes("name LIKE '%customer%' AND name NOT LIKE '%tributary%'"))
    _ = try world.stop()
    try FileManager.default.removeItem(atPath: place)
    return trip
  }

  private func pass(_ world: World, from a: String, to b: String) throws -> Passage {
    let loopback = Usage.loopbackBytes
    let before = Usage.cpuSeconds(of: world.hubPID) ?? 0
    let push = try world.sync(a)
    let pull = try world.sync(b)
    let after = Usage.cpuSeconds(of: world.hubPID) ?? .nan
    let moved = loopback.flatMap { old in Usage.loopbackBytes.map { $0 - old } }
    return Passage(push: push, pull: pull, hubSeconds: after - before, loopbackBytes: moved)
  }

  private func addCosts(_ trip: Trip, _ report: inout Report) {
    let copied = "copy \(number(trip.copySeconds, 2)) s"
    for (name, passage, aim) in [
      ("\(trip.rowCount) inserts", trip.inserts, "≤ 3"),
      ("\(trip.rowCount) one-column updates", trip.updates, ""),
    ] {
      let parts = [
        passage.push.usage.cpuSeconds, passage.hubSeconds, passage.pull.usage.cpuSeconds,
      ]
      .map { number($0, 2) }
      report.add(
        "b", name, "\(parts[0]) + hub \(parts[1]) + \(parts[2]) s", against: copied,
        ratio: passage.cpuSeconds / trip.copySeconds, aim: aim)
    }
  }

  private func addBytes(_ trip: Trip, _ report: inout Report) {
    let count = Double(trip.rowCount)
    for (name, passage, reference) in [
      ("an insert", trip.inserts, trip.insertCSVBytes),
      ("a one-column update", trip.updates, trip.updateCSVBytes),
    ] {
      for (way, ended, path) in [
        ("up", passage.push, "pushed.bytes"), ("down", passage.pull, "pulled.bytes"),
      ] {
        let bytes = (try? ended.number(path)) ?? .nan
        report.add(
          "c", "\(name), \(way)", "\(number(bytes / count, 1)) bytes",
          against: "gzip -6 \(number(Double(reference) / count, 1)) bytes",
          ratio: bytes / Double(reference), aim: "< 1")
      }
      if let moved = passage.loopbackBytes {
        report.add(
          "c", "\(name), all that the loopback interface carried",
          "\(number(Double(moved) / count, 1)) bytes",
          against: "gzip -6 \(number(2 * Double(reference) / count, 1)) bytes",
          ratio: Double(moved) / 2 / Double(reference), aim: "")
      }
    }
  }

  private func addMemory(_ trip: Trip, _ larger: Trip, _ report: inout Report) {
    func megabytes(_ kibibytes: Int) -> String { "\(number(Double(kibibytes) / 1024, 0)) MB" }
    for (name, small, large) in [
      ("sending agent's peak memory", trip.sendingPeakKibibytes, larger.sendingPeakKibibytes),
      (
        "receiving agent's peak memory", trip.receivingPeakKibibytes,
        larger.receivingPeakKibibytes
      ),
      ("hub's peak memory", trip.hubPeakKibibytes, larger.hubPeakKibibytes),
    ] {
      report.add(
        "d", "\(name), \(larger.rowCount) rows", megabytes(large),
        against: "\(trip.rowCount) rows \(megabytes(small))",
        ratio: Double(large) / Double(small), aim: "≤ 150 MB, 1")
    }
  }

  private func addEngineBytes(_ trip: Trip, _ report: inout Report) {
    let data = "data \(number(Double(trip.dataBytes) / 1e6, 1)) MB"
    let engine = trip.engineBytes + trip.schemaBytes
    report.add(
      "e", "engine's bytes in a settled branch", "\(engine) bytes", against: data,
      ratio: Double(engine) / Double(trip.dataBytes), aim: "≤ 0.01")
    report.add(
      "e", "free pages in that file", "\(trip.freeBytes) bytes", against: data,
      ratio: Double(trip.freeBytes) / Double(trip.dataBytes), aim: "")
  }
}
