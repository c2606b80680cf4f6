import Basics
import BranchStore
import Deltas
import Foundation
import Storage
import TestSupport
import Testing

@testable import HubStore

/// Real databases under load at three branches, with a policy that uses every rule.
struct LoadTests {
  /// Everything but the rows, and then the rows, of a database of others.
  private struct Original {
    let sql: String
    let rows: String

    init(_ path: String, only: [String: String]) throws {
      let database = try Database(path: path, mode: .readOnly)
      let all = try database.rows(
        """
        SELECT type, name, sql FROM sqlite_schema
        WHERE sql NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type = 'trigger', rowid
        """
      ).map { $0.map(\.text) }
      sql = all.map { $0[2] + ";\n" }.joined()
      let tables = all.filter { $0[0] == "table" }.map { $0[1] }
      rows =
        "ATTACH '\(path)' AS original;"
        + tables.map {
          "INSERT INTO main.[\($0)] SELECT * FROM original.[\($0)] \(only[$0] ?? "");"
        }.joined()
        + "DETACH original;"
    }
  }

  private struct Load {
    var original: Original
    var more = ""
    var policy: String
    var shape: LoadedProgram.Shape
  }

  // MARK: Northwind

  private static let northwind = sharedData("northwind/northwind.db")

  private static func northwindLoad(_ path: String) throws -> Load {
    let policy = """
      policy: 1
      headquarters: head
      tables:
        Customers:
          deletes: ask
          columns:
            CompanyName: {rule: latest, write: headquarters}
            ContactTitle: {prefer: [headquarters, south]}
            Phone: first
            Fax: ask
          units:
            - {columns: [Address, City, PostalCode, Country], rule: latest}
        Employees:
          columns: {Notes: lines, HireDate: least, BirthDate: greatest}
        Products:
          columns:
            UnitsInStock: counter
            UnitsOnOrder: counter
            ReorderLevel: greatest
            QuantityPerUnit: {write: {owner: ReorderLevel}}
        Orders:
          columns: {ShippedDate: least, ShipName: first}
        Order Details: {deletes: win}
        Suppliers:
          columns: {HomePage: set}
        Shippers: {direction: down}
        Regions: {write: headquarters}
        CustomerDemographics: {append-only: true}
        Territories: {write: branches}
      """
    return Load(
      original: try Original(path, only: [:]), policy: policy,
      shape: LoadedProgram.Shape(
        choices: ["ReorderLevel": ["0", "1", "2", "3", "4"], "Discount": ["0", "0.25", "1"]],
        lists: ["HomePage"], lines: ["Notes"], counters: ["UnitsInStock", "UnitsOnOrder"]))
  }

  @Test(.enabled(if: northwind != nil), arguments: trialSeeds(3))
  func northwindUnderLoad(seed: UInt64) throws {
    let path = try #require(Self.northwind).path
    try play(Self.northwindLoad(path), seed)
  }

  // MARK: Sakila

  private static let sakila = sharedData("sakila/sakila.db")

  private static func sakilaLoad(_ path: String) throws -> Load {
    let policy = """
      policy: 1
      headquarters: head
      tables:
        customer:
          deletes: ask
          columns:
            first_name: {prefer: [south, headquarters]}
            email: first
            active: ask
          units:
            - {columns: [store_id, address_id], rule: first}
        film:
          columns:
            description: lines
            special_features: set
            length: counter
            rental_rate: least
            replacement_cost: greatest
        inventory: {deletes: win}
        rental:
          columns: {return_date: first}
        payment: {append-only: true}
        staff: {write: headquarters}
        store: {direction: down}
        category:
          columns: {name: {write: {owner: category_id}}}
      """
    // Its rentals and payments are many, and much alike.
    let few = [
      "inventory": "WHERE inventory_id <= 200",
      "rental": "WHERE inventory_id <= 200",
      "payment":
        "WHERE rental_id IN (SELECT rental_id FROM original.rental WHERE inventory_id <= 200)",
      "film_actor": "WHERE film_id <= 200",
    ]
    let fullText = """
      CREATE VIRTUAL TABLE film_fts USING fts5(title, content = 'film', content_rowid = 'film_id');
      CREATE TRIGGER film_fts_i AFTER INSERT ON film BEGIN
        INSERT INTO film_fts(rowid, title) VALUES (NEW.film_id, NEW.title); END;
      CREATE TRIGGER film_fts_d AFTER DELETE ON film BEGIN
        INSERT INTO film_fts(film_fts, rowid, title) VALUES ('delete', OLD.film_id, OLD.title); END;
      CREATE TRIGGER film_fts_u AFTER UPDATE OF title ON film BEGIN
        INSERT INTO film_fts(film_fts, rowid, title) VALUES ('delete', OLD.film_id, OLD.title);
        INSERT INTO film_fts(rowid, title) VALUES (NEW.film_id, NEW.title); END;
      """
    return Load(
      original: try Original(path, only: few), more: fullText, policy: policy,
      shape: LoadedProgram.Shape(
        choices: [
          "rating": ["'G'", "'PG'", "'R'"], "rental_rate": ["0.99", "2.99", "4.99"],
          "replacement_cost": ["9.99", "19.99"], "active": ["'Y'", "'N'"],
        ],
        lists: ["special_features"], lines: ["description"], counters: ["length"]))
  }

  @Test(.enabled(if: sakila != nil), arguments: trialSeeds(2))
  func sakilaUnderLoad(seed: UInt64) throws {
    let path = try #require(Self.sakila).path
    try play(Self.sakilaLoad(path), seed)
  }

  // MARK: Playing

  private func play(_ load: Load, _ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var line = RoughLine(seed: seed &+ 1_000)
    let world = try AgentWorld(load.original.sql)
    let names = ["head", "north", "south"]
    let replicas = try names.map { try world.enrol($0) }
    try world.hubStore.registerHeadquarters(wallMilliseconds: world.wall)
    try world.publish(load.policy)
    let own = load.original.sql + load.more
    let branches = try zip(names, replicas).map { name, replica in
      let rows = name == "head" ? load.original.rows : ""
      let journal = name == "south" ? "PRAGMA journal_mode = WAL;" : ""
      return try world.attach(name, as: replica, journal + own + rows, ownKeys: .newNumbers)
    }
    for _ in 0..<2 { for branch in branches { _ = try branch.sync() } }
    let words = LoadedProgram.Words()
    let programs = try branches.map { try LoadedProgram($0, load.shape, words) }
    var offlineUntil = [0, 0, 0]
    for step in 0..<500 {
      let index = Int.random(in: 0..<3, using: &generator)
      try programs[index].work(&generator)
      if generator.chance(30) {
        offlineUntil[index] = step + Int.random(in: 20...150, using: &generator)
      }
      if offlineUntil[index] <= step, generator.chance(150) { try line.sync(branches[index]) }
      if generator.chance(10) { try world.restartHub() }
      if generator.chance(10) {
        _ = try world.hubStore.prune(rowsAtMost: 10_000, awayBeforeMilliseconds: 0)
      }
    }
    for _ in 0..<4 { for branch in branches { _ = try branch.sync() } }
    #expect(programs.allSatisfy { $0.doneCount > 100 })
    try expectSettled(world, branches)
    try expectNothingLost(world, programs)
  }

  /// Equal digests, and no row that waits without a reason.
  private func expectSettled(_ world: AgentWorld, _ branches: [AgentBranch]) throws {
    let hub = try world.hubStore.digests()
    for branch in branches {
      let name = branch.store.identity.branch
      #expect(try branch.store.outbox().isEmpty, "\(name)")
      #expect(try branch.store.gaps().isEmpty, "\(name)")
      let waiting = try branch.store.deferredRows()
      #expect(waiting.filter { $0.reason == nil }.map(\.key) == [], "\(name)")
      for (own, theirs) in zip(try branch.store.digests(), hub) where own.digest != theirs.digest {
        let isWaitedFor = waiting.contains { $0.key.table == own.table.id }
        #expect(isWaitedFor, "\(name): \(own.table.name) differs from the hub's")
      }
    }
  }

  /// Every word that a program wrote is visible at the hub, was taken away by a program that had
  /// it, waits in a quarantine, or is in the ledger.
  private func expectNothingLost(
    _ world: AgentWorld, _ programs: [LoadedProgram]
  ) throws {
    var kept: Set<Substring> = []
    func keep(_ values: [Value]) {
      for case .text(let bytes) in values {
        kept.formUnion(LoadedProgram.words(in: String(decoding: bytes, as: UTF8.self)))
      }
    }
    for table in world.hubStore.schema.tables {
      for row in try world.hubStore.database.rows("SELECT * FROM [\(table.name)]") { keep(row) }
    }
    for row in try world.hubStore.quarantinedRows() { keep(row.values) }
    for conflict in try world.hubStore.conflicts(openOnly: false) {
      for side in conflict.sides { keep(side.values ?? []) }
    }
    var written: Set<Substring> = []
    for program in programs {
      let noted = try program.notedWords()
      written.formUnion(noted.written)
      kept.formUnion(noted.gone)
    }
    let lost = written.subtracting(kept).sorted()
    #expect(lost == [], "\(lost.count) of \(written.count) words are nowhere.")
  }
}
