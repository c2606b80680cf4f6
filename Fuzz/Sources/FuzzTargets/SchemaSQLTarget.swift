internal import Deltas
internal import Storage

/// Whatever schema SQLite accepts is read twice alike, passes the wire unchanged, and makes a file
/// with the same tables; whatever it does not accept is refused with a sentence.
///
/// The input is SQL, run in memory without a way to files.
package struct SchemaSQLTarget: FuzzTarget {
  package static let name = "schema-sql"
  package static let inputBytesMax = 2_048
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    let sql = String(decoding: input.filter { $0 != 0 }, as: UTF8.self)
    guard let database = try? Self.database(running: sql),
      let schema = try? SchemaReader.read(database, tables: nil)
    else { return }
    let again = try? SchemaReader.read(database, tables: schema.tables.map(\.name))
    try hold(again == schema, "A schema reads otherwise the second time.")
    try hold((try? Schema(encoded: schema.encoded)) == schema, "A schema changes on the wire.")
    try checkRemade(schema)
  }

  /// A file made of the tracked tables' own statements has the same tables.
  private func checkRemade(_ schema: Schema) throws(FuzzFinding) {
    guard let database = try? Database(path: ":memory:", mode: .create) else { return }
    for table in schema.tables {
      // What SQLite kept as text it reads again, unless somebody wrote to its own tables.
      guard (try? database.executeScript(table.createSQL)) != nil else { return }
    }
    guard let remade = try? SchemaReader.read(database, tables: schema.tables.map(\.name)) else {
      throw FuzzFinding("A schema's own statements make other tables.")
    }
    // Planted: an affinity is read otherwise.
    var expected = schema
    if isBroken { expected.tables[0].columns[0].affinity = .numeric }
    try hold(
      remade.fingerprint == expected.fingerprint, "A schema's own statements make other tables.")
  }

  private static func database(running sql: String) throws -> Database {
    let database = try Database(path: ":memory:", mode: .create)
    SandboxedSQL.run(sql, on: database)
    return database
  }
}
