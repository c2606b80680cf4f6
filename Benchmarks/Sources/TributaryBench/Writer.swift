internal import CSQLiteSession
internal import Foundation

/// A branch's program: the same writes, whatever notices them.
struct Writer {
  enum Noticing: String {
    /// Nothing, or the triggers that are in the file.
    case nothing
    /// SQLite's session extension on this connection.
    case session
  }

  /// Seconds of CPU for each row.
  struct Costs: Codable {
    var insertInThousands = 0.0
    var updateInThousands = 0.0
    var insertAlone = 0.0
    var updateAlone = 0.0
  }

  let database: SQLite
  let noticing: Noticing

  init(_ path: String, noticing: Noticing) throws {
    database = try SQLite(path)
    self.noticing = noticing
  }

  static let batch = 1_000

  /// The four ways of writing, one after the other.
  func run(rowCount: Int) throws -> Costs {
    let aloneCount = rowCount / 10
    let customers = Customer.make(rowCount + aloneCount, seed: 1)
    let first = customers[..<rowCount]
    let more = customers[rowCount...]
    var random = SplitMix(state: 2)
    let changed = (0..<rowCount).map { _ in
      first[Int(random.next() % UInt64(rowCount))].id
    }
    var costs = Costs()
    costs.insertInThousands = try measured(rowCount) { try insert(first, batch: Self.batch) }
    costs.updateInThousands = try measured(rowCount) { try update(changed, batch: Self.batch) }
    costs.insertAlone = try measured(aloneCount) { try insert(more, batch: 1) }
    costs.updateAlone = try measured(aloneCount) {
      try update(Array(changed.prefix(aloneCount)), batch: 1)
    }
    return costs
  }

  private func measured(_ count: Int, _ work: () throws -> Void) throws -> Double {
    let session = noticing == .session ? try database.startSession() : nil
    defer { if session != nil { sqlite3session_delete(session) } }
    return try cpuSeconds(work) / Double(count)
  }

  /// So many new customers.
  func fill(_ count: Int) throws {
    try insert(Customer.make(count, seed: 7), batch: Self.batch)
  }

  /// Another balance for each of those.
  func change(_ count: Int, seed: UInt64 = 3) throws {
    try update(Customer.make(count, seed: 7).map(\.id), batch: Self.batch, seed: seed)
  }

  func insert(_ customers: some Collection<Customer>, batch: Int) throws {
    let statement = try database.prepare(Customer.insertSQL)
    defer { sqlite3_finalize(statement) }
    try inBatches(customers, batch) { customer in
      bind(statement, 1, customer.id)
      for index in 0..<6 { bind(statement, Int32(index + 2), customer.texts[index]) }
      sqlite3_bind_int64(statement, 8, customer.balanceCents)
      bind(statement, 9, customer.texts[6])
      try database.run(statement)
    }
  }

  /// Gives each of some rows another balance.
  func update(_ ids: [[UInt8]], batch: Int, seed: UInt64 = 3) throws {
    let statement = try database.prepare(Customer.updateSQL)
    defer { sqlite3_finalize(statement) }
    var random = SplitMix(state: seed)
    try inBatches(ids, batch) { id in
      sqlite3_bind_int64(statement, 1, Int64(random.next() % 10_000_000) + 10_000_000)
      bind(statement, 2, id)
      try database.run(statement)
    }
  }

  private func inBatches<Element>(
    _ elements: some Collection<Element>, _ batch: Int, _ body: (Element) throws -> Void
  ) throws {
    guard batch > 1 else { return try elements.forEach(body) }
    var count = 0
    for element in elements {
      if count.isMultiple(of: batch) { try database.execute("BEGIN") }
      try body(element)
      count += 1
      if count.isMultiple(of: batch) { try database.execute("COMMIT") }
    }
    if !count.isMultiple(of: batch) { try database.execute("COMMIT") }
  }
}

/// Copies all customers into an empty table with prepared statements; seconds of CPU.
func copyCustomers(from source: String, to target: String) throws -> Double {
  let reader = try SQLite(source)
  let writer = try SQLite(target)
  try writer.execute(Customer.tableSQL)
  return try cpuSeconds {
    let select = try reader.prepare("SELECT * FROM customer")
    let insert = try writer.prepare(Customer.insertSQL)
    defer {
      sqlite3_finalize(select)
      sqlite3_finalize(insert)
    }
    try writer.execute("BEGIN")
    while sqlite3_step(select) == SQLITE_ROW {
      for column in 0..<Int32(9) {
        sqlite3_bind_value(insert, column + 1, sqlite3_column_value(select, column))
      }
      try writer.run(insert)
    }
    try writer.execute("COMMIT")
  }
}

/// Bytes of `gzip -6` over a query's rows as CSV.
func gzippedCSVBytes(_ path: String, _ sql: String) throws -> Int {
  let database = try SQLite(path)
  let statement = try database.prepare(sql)
  defer { sqlite3_finalize(statement) }
  let file = path + ".csv"
  var text: [UInt8] = []
  while sqlite3_step(statement) == SQLITE_ROW {
    for column in 0..<sqlite3_column_count(statement) {
      if column > 0 { text.append(UInt8(ascii: ",")) }
      if let bytes = sqlite3_column_text(statement, column) {
        text.append(
          contentsOf: UnsafeBufferPointer(
            start: bytes, count: Int(sqlite3_column_bytes(statement, column))))
      }
    }
    text.append(UInt8(ascii: "\n"))
  }
  try Data(text).write(to: URL(fileURLWithPath: file))
  _ = try Program.run(["gzip", "-6", "-f", file])
  let attributes = try FileManager.default.attributesOfItem(atPath: "\(file).gz")
  return (attributes[.size] as? NSNumber)?.intValue ?? 0
}
