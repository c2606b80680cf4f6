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
    /// What is unique at the hub and at all branches, and what is at the branch called south alone.
    var unique: String
    var uniqueInTheSouth: String
    /// What all branches have beside.
    var more = ""
    var policy: String
    var shape: LoadedProgram.Shape
  }

  /// So few that branches give the same.
  private static let fewNames = (1...9).map { "'name \($0)'" }

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
      original: try Original(path, only: [:]),
      unique: "CREATE UNIQUE INDEX by_name ON Categories(CategoryName);",
      uniqueInTheSouth: "CREATE UNIQUE INDEX by_extension ON Employees(Extension);",
      policy: policy,
      shape: LoadedProgram.Shape(
        choices: [
          "ReorderLevel": ["0", "1", "2", "3", "4"], "Discount": ["0", "0.25", "1"],
          "CategoryName": Self.fewNames, "Extension": Self.fewNames,
        ],
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
      original: try Original(path, only: few),
      unique: "CREATE UNIQUE INDEX by_country ON country(country);",
      uniqueInTheSouth: "CREATE UNIQUE INDEX by_name ON language(name);", more: fullText,
      policy: policy,
      shape: LoadedProgram.Shape(
        choices: [
          "rating": ["'G'", "'PG'", "'R'"], "rental_rate": ["0.99", "2.99", "4.99"],
          "replacement_cost": ["9.99", "19.99"], "active": ["'Y'", "'N'"],
          "country": Self.fewNames, "name": Self.fewNames,
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
    let world = try AgentWorld(load.original.sql + load.unique)
    let names = ["head", "north", "south"]
    let replicas = try names.map { try world.enrol($0) }
    try world.hubStore.registerHeadquarters(wallMilliseconds: world.wall)
    try world.publish(load.policy)
    let own = load.original.sql + load.unique + load.more
    let branches = try zip(names, replicas).map { name, replica in
      let rows = name == "head" ? load.original.rows : ""
      let journal = name == "south" ? "PRAGMA journal_mode = WAL;" : ""
      let unique = name == "south" ? load.uniqueInTheSouth : ""
      return try world.attach(
        name, as: replica, journal + own + unique + rows, ownKeys: .newNumbers)
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
    let check = LoadCheck(world: world)
    for branch in branches { #expect(try check.unsettled(branch) == []) }
    #expect(try check.unlistedOrphans() == [])
    #expect(try check.lost(programs) == [])
    // What is looked at has happened.
    let waiting = try branches.map { try $0.store.deferredRows().count }
    #expect(waiting.last ?? 0 > 0)
    #expect(try world.hubStore.quarantinedCount() > 0)
    #expect(try world.hubStore.orphanCount() > 0)
  }
}
