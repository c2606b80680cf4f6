import Basics
import Clocks
import Deltas
import Foundation
import HubStore
import Merging
import Storage
import TestSupport
import Testing

/// Tables that refer to one another in every way there is, and a hub for them.
struct Shop {
  static let sql = """
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, code TEXT UNIQUE);
    CREATE TABLE orders (
      id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer(id) ON DELETE CASCADE,
      item TEXT);
    CREATE TABLE line (
      orders INTEGER REFERENCES orders, number INTEGER, quantity INTEGER,
      PRIMARY KEY (orders, number)) WITHOUT ROWID;
    CREATE TABLE part (
      id INTEGER PRIMARY KEY, line_order INTEGER, line_number INTEGER,
      FOREIGN KEY (line_order, line_number) REFERENCES line);
    CREATE TABLE employee (id INTEGER PRIMARY KEY, name TEXT, boss INTEGER REFERENCES employee);
    CREATE TABLE hen (id INTEGER PRIMARY KEY, egg INTEGER REFERENCES egg);
    CREATE TABLE egg (id INTEGER PRIMARY KEY, hen INTEGER REFERENCES hen);
    CREATE TABLE card (id INTEGER PRIMARY KEY, customer TEXT REFERENCES customer(code));
    """

  let hub: TestHub
  var store: HubStore { hub.store }

  init(branches: Int = 3, sql: String = Shop.sql) throws {
    let folder = try TemporaryFolder()
    let like = try Database(path: folder.path("like.db"), mode: .create)
    try like.executeScript(sql)
    hub = try TestHub(schema: try SchemaReader.read(like, tables: nil), branches: branches)
  }

  func table(_ name: String) -> TableSchema {
    store.schema.tables.first { $0.name == name }!
  }

  func key(_ name: String, _ values: Int64...) -> RowKey {
    RowKey(table: table(name).id, values: values.map { .integer($0) })
  }

  /// A new row: the key's values, then the others.
  func insert(_ name: String, _ key: [Int64], _ values: [Value], at time: Int64) -> RowChange {
    let table = table(name)
    return RowChange(
      key: RowKey(table: table.id, values: key.map { .integer($0) }), kind: .insert,
      columns: table.valueColumns, values: values, milliseconds: time, base: nil)
  }

  func update(_ key: RowKey, _ column: String, _ value: Value, at time: Int64) -> RowChange {
    let columns = store.schema.table(key.table)!.columns
    return .update(key, [columns.first { $0.name == column }!.id.rawValue: value], at: time)
  }

  func publish(_ rule: DeleteRule, of names: String...) throws {
    let tables = Dictionary(
      uniqueKeysWithValues: names.map { (table($0).id, TablePolicy(deletes: rule)) })
    _ = try store.publish(
      MergePolicy(tables: tables), source: "", wallMilliseconds: TestHub.now)
  }

  /// What is listed, in words.
  func reasons() throws -> [String] {
    let names = try store.names()
    return try store.orphans().map { orphan in
      let table = store.schema.table(orphan.key.table)!.name
      return "\(table): "
        + orphan.reason(
          in: store.schema, names: names,
          value: { value in
            switch value {
            case .integer(let number): "\(number)"
            case .text(let bytes): String(decoding: bytes, as: UTF8.self)
            default: "?"
            }
          }, time: { "\($0)" })
    }
  }

  /// Expects that just the exceptions that SQLite finds are listed, and that the hub says so.
  func expectListed(sourceLocation: SourceLocation = #_sourceLocation) throws {
    func line(_ table: String, _ parent: String, _ key: Value) -> String {
      "\(table) \(parent) \(key)"
    }
    let found = try hub.database().rows("PRAGMA foreign_key_check").map { row in
      guard case .text(let table) = row[0], case .text(let parent) = row[2] else { return "" }
      return line(
        String(decoding: table, as: UTF8.self), String(decoding: parent, as: UTF8.self), row[1])
    }
    let listed = try store.orphans().map { orphan in
      let table = store.schema.table(orphan.key.table)!
      return line(
        table.name, store.schema.table(orphan.parent)!.name,
        table.isWithoutRowID ? .null : orphan.key.values[0])
    }
    #expect(listed.sorted() == found.sorted(), sourceLocation: sourceLocation)
    let findings = try store.check().filter { $0.what.hasPrefix("The list of rows") }
    #expect(findings.isEmpty, sourceLocation: sourceLocation)
  }

  /// Everybody syncs twice; expects the same rows everywhere, and that nothing waits unlisted.
  func settle(
    _ branches: inout [ImitatedBranch], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for _ in 0..<2 {
      for index in branches.indices { try store.sync(&branches[index]) }
    }
    let tables = try hub.tables()
    for branch in branches { #expect(branch.rows == tables, sourceLocation: sourceLocation) }
    try expectListed(sourceLocation: sourceLocation)
  }
}
