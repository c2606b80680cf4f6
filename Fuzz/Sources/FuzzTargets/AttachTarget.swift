internal import BranchStore
internal import Clocks
internal import Deltas
internal import Glibc
internal import Storage

/// Whatever tables somebody has, under whatever names: a file becomes a branch or is refused and
/// stays as it is; what is written then is sealed as changes of its tables; and detached, the file
/// is what it was.
///
/// The input is the schema's SQL.
package struct AttachTarget: FuzzTarget {
  package static let name = "attach"
  package static let inputBytesMax = 1_024
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    let path = Self.path()
    defer { for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) } }
    try check(String(decoding: input.filter { $0 != 0 }, as: UTF8.self), path)
  }

  private func check(_ sql: String, _ path: String) throws(FuzzFinding) {
    guard let application = try? Database(path: path, mode: .create) else { return }
    _ = try? application.executeScript("PRAGMA synchronous = OFF")
    SandboxedSQL.run(sql, on: application)
    guard let schema = try? SchemaReader.read(application, tables: nil) else { return }
    let before = Self.objects(application)
    let identity = BranchIdentity(
      replica: ReplicaID(1), branch: "b", hubURL: "https://hub.example",
      generation: GenerationID(high: 1, low: 1))
    let store: BranchStore
    do {
      store = try BranchStore.attach(
        path: path, identity: identity, schema: schema, wallMilliseconds: 1_000)
    } catch {
      return try hold(
        Self.objects(application) == before, "A file that was not attached is another one.")
    }
    Self.write(schema, application)
    try checkSealed(store, schema)
    guard (try? store.detach()) != nil else { throw FuzzFinding("A branch cannot be detached.") }
    var after = Self.objects(application)
    // Planted: something of ours stays.
    if isBroken { after.append([.text("table"), .text("tributary_state")]) }
    try hold(after == before, "A file that was detached is not what it was.")
  }

  private func checkSealed(_ store: BranchStore, _ schema: Schema) throws(FuzzFinding) {
    // A file that SQLite itself cannot work with any more is refused, with a sentence.
    guard (try? store.seal(wallMilliseconds: 2_000)) != nil, let outbox = try? store.outbox()
    else { return }
    for changeset in outbox {
      guard
        let stream = try? store.outboxBytes(
          counter: changeset.counter, offset: 0, byteCount: changeset.byteCount),
        let frames = try StreamReading.frames(of: stream, pieceBytes: max(stream.count, 1)),
        let reading = try StreamReading.changeset(frames)
      else { throw FuzzFinding("What was sealed cannot be read.") }
      for part in reading.parts where part.type == .block {
        guard let block = try? BlockReader(raw: part.content),
          let table = schema.table(block.table)
        else { throw FuzzFinding("A change of no table was sealed.") }
        try hold(
          block.keyColumnCount == table.keyColumns.count
            && Set(block.columns).isSubset(of: table.valueColumns),
          "A change has other columns than its table.")
      }
    }
  }

  /// Writes of each kind to each table, as far as its constraints and triggers let them.
  private static func write(_ schema: Schema, _ application: Database) {
    for table in schema.tables {
      let name = quoted(table.name)
      _ = try? application.execute("INSERT OR IGNORE INTO \(name) DEFAULT VALUES")
      for column in table.columns {
        let column = quoted(column.name)
        _ = try? application.execute("INSERT OR REPLACE INTO \(name)(\(column)) VALUES (7)")
        _ = try? application.execute("UPDATE OR IGNORE \(name) SET \(column) = 'x' || \(column)")
      }
      _ = try? application.execute("DELETE FROM \(name) WHERE \(quoted(table.columns[0].name)) = 7")
    }
  }

  private static func objects(_ database: Database) -> [[Value]] {
    (try? database.rows("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")) ?? []
  }

  /// A file of this process alone, in memory where the system has a place for that.
  private static func path() -> String {
    let folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "."
    return "\(folder)/tributary-fuzz-\(getpid())-\(UInt64.random(in: 0 ... .max)).db"
  }
}
