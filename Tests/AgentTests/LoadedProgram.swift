import Basics
import BranchStore
import Deltas
import Storage

/// A branch's program that writes any tables by chance, as real programs do: foreign keys on, keys
/// that SQLite gives, upserts, replacements, savepoints rolled back, bulk loads.
///
/// Every text that it writes has a word that nothing else has, such as `w17x`, and most numbers are
/// such words too, such as 9000017, so that they can be looked for. It notes which words its
/// statements took away, having them before the eyes.
final class LoadedProgram {
  /// What can be written into some columns; any others get a word or a small number.
  struct Shape {
    /// SQL literals, by the column's name.
    var choices: [String: [String]] = [:]
    /// JSON lists of words, and texts of lines.
    var lists: Set<String> = []
    var lines: Set<String> = []
    /// Only ever added to.
    var counters: Set<String> = []
    /// Tables that nothing is written to.
    var left: Set<String> = []
  }

  private struct Column {
    var name: String
    var type: String
    var isKey: Bool
    /// Whether SQLite gives the value.
    var isGiven: Bool
    var parent: (table: String, column: String)?
  }

  private struct Table {
    var name: String
    var columns: [Column]
    /// Whether something besides the key is unique.
    var isUniqueOtherwise: Bool
    var keys: [Column] { columns.filter(\.isKey) }
    var others: [Column] { columns.filter { !$0.isKey } }
  }

  /// Numbers for the words of all programs.
  final class Words {
    private var last = 0
    func next() -> (text: String, number: Int) {
      last += 1
      return ("w\(last)x", 9_000_000 + last)
    }
  }

  let branch: AgentBranch
  private let database: Database
  private let shape: Shape
  private let words: Words
  private let tables: [Table]
  /// Statements that were done, and those that a constraint refused.
  private(set) var doneCount = 0
  private(set) var refusedCount = 0

  init(_ branch: AgentBranch, _ shape: Shape, _ words: Words) throws {
    self.branch = branch
    self.shape = shape
    self.words = words
    database = branch.application
    try database.executeScript("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF")
    let names = try database.rows(
      """
      SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
        AND name NOT LIKE 'tributary%' ORDER BY name
      """
    ).map { $0[0].text }
    let application = branch.application
    tables = try names.filter { !shape.left.contains($0) && !$0.contains("_fts") }
      .map { try Self.table($0, application) }
    try database.executeScript("CREATE TEMP TABLE noted(old, new)")
    for table in tables { try database.executeScript(Self.notingSQL(table)) }
  }

  private static func table(_ name: String, _ database: Database) throws -> Table {
    var parents: [String: (String, String)] = [:]
    for row in try database.rows("PRAGMA foreign_key_list([\(name)])") {
      parents[row[3].text] = (row[2].text, row[4].text)
    }
    let rows = try database.rows("PRAGMA table_info([\(name)])")
    let keyCount = rows.count { $0[5] != .integer(0) }
    let isUniqueOtherwise = try database.rows("PRAGMA index_list([\(name)])")
      .contains { $0[2] == .integer(1) && $0[3].text != "pk" }
    return Table(
      name: name,
      columns: rows.map { row in
        let type = row[2].text.uppercased()
        let isKey = row[5] != .integer(0)
        return Column(
          name: row[1].text, type: type, isKey: isKey,
          isGiven: isKey && keyCount == 1 && type == "INTEGER", parent: parents[row[1].text])
      },
      isUniqueOtherwise: isUniqueOtherwise)
  }

  /// Triggers of this connection alone, which note what its statements put in and take away.
  private static func notingSQL(_ table: Table) -> String {
    func row(_ name: String) -> String {
      table.columns.map { "ifnull(CAST(\(name).[\($0.name)] AS TEXT), '')" }
        .joined(separator: " || ' ' || ")
    }
    return """
      CREATE TEMP TRIGGER [noted_i_\(table.name)] AFTER INSERT ON main.[\(table.name)] BEGIN
        INSERT INTO noted VALUES ('', \(row("NEW"))); END;
      CREATE TEMP TRIGGER [noted_u_\(table.name)] AFTER UPDATE ON main.[\(table.name)] BEGIN
        INSERT INTO noted VALUES (\(row("OLD")), \(row("NEW"))); END;
      CREATE TEMP TRIGGER [noted_d_\(table.name)] AFTER DELETE ON main.[\(table.name)] BEGIN
        INSERT INTO noted VALUES (\(row("OLD")), ''); END;
      """
  }

  /// The words that its statements put in, and those that they took away.
  func notedWords() throws -> (written: Set<Substring>, gone: Set<Substring>) {
    var result: (written: Set<Substring>, gone: Set<Substring>) = ([], [])
    for row in try database.rows("SELECT old, new FROM noted") {
      let (old, new) = (Self.words(in: row[0].text), Self.words(in: row[1].text))
      result.written.formUnion(new.subtracting(old))
      result.gone.formUnion(old.subtracting(new))
    }
    return result
  }

  static func words(in text: String) -> Set<Substring> {
    Set(text.matches(of: /w[0-9]+x|9[0-9]{6}/).map(\.output))
  }

  // MARK: Transactions

  /// One transaction, or something else that a program does.
  func work(_ generator: inout SeededGenerator) throws {
    switch Int.random(in: 0..<40, using: &generator) {
    case 0: try database.executeScript("VACUUM")
    case 1:
      try database.transaction {
        for _ in 0..<30 { try attempt { try insert(any(&generator), &generator) } }
      }
    case 2...5:
      try database.transaction {
        try statement(&generator)
        try database.executeScript("SAVEPOINT s")
        for _ in 0..<3 { try statement(&generator) }
        try database.executeScript("ROLLBACK TO s; RELEASE s")
        try statement(&generator)
      }
    case 6...9:
      try database.transaction { for _ in 0..<4 { try statement(&generator) } }
    default: try statement(&generator)
    }
  }

  private func any(_ generator: inout SeededGenerator) -> Table {
    tables[Int.random(in: tables.indices, using: &generator)]
  }

  private func attempt(_ statement: () throws -> Void) throws {
    do {
      try statement()
      doneCount += 1
    } catch StorageError.constraint {
      refusedCount += 1
      // Programs go on to something; until then SQLite may keep the lock of a statement that it
      // refused after a full-text table was written, and with a rollback journal that holds up all.
      _ = try database.integer("SELECT count(*) FROM sqlite_schema")
    }
  }

  private func statement(_ generator: inout SeededGenerator) throws {
    let table = any(&generator)
    try attempt {
      switch Int.random(in: 0..<12, using: &generator) {
      case 0...2: try insert(table, &generator)
      case 3: try replace(table, &generator)
      case 4: try upsert(table, &generator)
      case 5: try update(table, "UPDATE OR IGNORE", &generator)
      case 6: try delete(table, &generator)
      default: try update(table, "UPDATE", &generator)
      }
    }
  }

  // MARK: Statements

  private func insert(_ table: Table, _ generator: inout SeededGenerator) throws {
    let columns = table.columns.filter { !$0.isGiven }
    guard !columns.isEmpty else { return }
    let values = try columns.map { try literal($0, old: "NULL", &generator) }
    try database.execute(
      "INSERT INTO [\(table.name)] (\(list(columns))) VALUES (\(values.joined(separator: ", ")))")
  }

  private func delete(_ table: Table, _ generator: inout SeededGenerator) throws {
    guard let row = try row(of: table, &generator) else { return }
    try database.execute("DELETE FROM [\(table.name)] WHERE \(row.condition)")
  }

  private func update(
    _ table: Table, _ verb: String, _ generator: inout SeededGenerator
  ) throws {
    guard let row = try row(of: table, &generator), !table.others.isEmpty else { return }
    let count = Int.random(in: 1...min(3, table.others.count), using: &generator)
    let columns = table.others.shuffled(using: &generator).prefix(count)
    let settings = try columns.map {
      "[\($0.name)] = \(try literal($0, old: row.values[$0.name] ?? "NULL", &generator))"
    }
    try database.execute(
      "\(verb) [\(table.name)] SET \(settings.joined(separator: ", ")) WHERE \(row.condition)")
  }

  /// The whole row anew, as programs save what they have in a form.
  private func replace(_ table: Table, _ generator: inout SeededGenerator) throws {
    guard var row = try row(of: table, &generator),
      let column = table.others.randomElement(using: &generator)
    else { return }
    let old = row.text
    let before = row.values[column.name] ?? "NULL"
    row.values[column.name] = try literal(column, old: before, &generator)
    let values = table.columns.map { row.values[$0.name] ?? "NULL" }.joined(separator: ", ")
    // SQLite tells triggers nothing of what a replacement takes out of its way.
    let all = try table.isUniqueOtherwise ? texts(of: table) : []
    try database.execute(
      "REPLACE INTO [\(table.name)] (\(list(table.columns))) VALUES (\(values))")
    try note(old, values)
    if !all.isEmpty { for gone in try all.subtracting(texts(of: table)) { try note(gone, "") } }
  }

  private func note(_ old: String, _ new: String) throws {
    try database.execute(
      "INSERT INTO noted VALUES (?1, ?2)", [.text(Array(old.utf8)), .text(Array(new.utf8))])
  }

  private func texts(of table: Table) throws -> Set<String> {
    let quoted = table.columns.map { "quote([\($0.name)])" }.joined(separator: " || ' ' || ")
    return Set(try database.rows("SELECT \(quoted) FROM [\(table.name)]").map { $0[0].text })
  }

  private func upsert(_ table: Table, _ generator: inout SeededGenerator) throws {
    guard let row = try row(of: table, &generator),
      let column = table.others.randomElement(using: &generator)
    else { return }
    let values = table.columns.map { row.values[$0.name] ?? "NULL" }.joined(separator: ", ")
    let value = try literal(column, old: row.values[column.name] ?? "NULL", &generator)
    try database.execute(
      """
      INSERT INTO [\(table.name)] (\(list(table.columns))) VALUES (\(values))
      ON CONFLICT (\(list(table.keys))) DO UPDATE SET [\(column.name)] = \(value)
      """)
  }

  private func list(_ columns: [Column]) -> String {
    columns.map { "[\($0.name)]" }.joined(separator: ", ")
  }

  // MARK: Values

  /// A row with its values as literals.
  private struct Row {
    var condition: String
    var values: [String: String]
    var text: String
  }

  private func row(of table: Table, _ generator: inout SeededGenerator) throws -> Row? {
    let count = try database.integer("SELECT count(*) FROM [\(table.name)]") ?? 0
    guard count > 0 else { return nil }
    // Few rows, so that branches meet, and new ones.
    let place =
      generator.chance(600)
      ? Int64.random(in: 0..<min(count, 6), using: &generator)
      : max(0, count - 1 - Int64.random(in: 0..<8, using: &generator))
    let quoted = table.columns.map { "quote([\($0.name)])" }.joined(separator: ", ")
    guard
      let row = try database.rows(
        """
        SELECT \(quoted) FROM [\(table.name)] ORDER BY \(list(table.keys)) LIMIT 1 OFFSET \(place)
        """
      ).first
    else { return nil }
    let texts = row.map(\.text)
    let values = Dictionary(uniqueKeysWithValues: zip(table.columns.map(\.name), texts))
    return Row(
      condition: table.keys.map { "[\($0.name)] IS \(values[$0.name] ?? "NULL")" }
        .joined(separator: " AND "),
      values: values, text: texts.joined(separator: " "))
  }

  private func literal(
    _ column: Column, old: String, _ generator: inout SeededGenerator
  ) throws -> String {
    let small = Int.random(in: 0..<10, using: &generator)
    if shape.counters.contains(column.name) {
      return old == "NULL" ? "\(small)" : "\(old) + \(small)"
    }
    if let choices = shape.choices[column.name] { return choices[small % choices.count] }
    if let parent = column.parent {
      let count = try database.integer("SELECT count(*) FROM [\(parent.table)]") ?? 0
      guard count > 0 else { return "NULL" }
      let place = Int64.random(in: 0..<count, using: &generator)
      return try database.rows(
        """
        SELECT quote([\(parent.column)]) FROM [\(parent.table)] ORDER BY 1 LIMIT 1 OFFSET \(place)
        """
      ).first?[0].text ?? "NULL"
    }
    let (word, number) = words.next()
    if shape.lists.contains(column.name) { return list(old, word, small) }
    if shape.lines.contains(column.name), old != "NULL" { return "'\(word)' || char(10) || \(old)" }
    if ["INT", "NUM", "DEC", "REAL"].contains(where: column.type.contains) { return "\(number)" }
    if column.type.contains("DATE") || column.type.contains("TIME") {
      return "'2026-03-0\(small) \(word)'"
    }
    return "'\(word)'"
  }

  /// A list with a word more, or without one of those that it had.
  private func list(_ old: String, _ word: String, _ small: Int) -> String {
    var all = Self.words(in: old).map(String.init).sorted()
    if small < 3, !all.isEmpty { all.removeFirst() } else { all.append(word) }
    return "'[" + (["Trailers"] + all).map { "\"\($0)\"" }.joined(separator: ", ") + "]'"
  }
}
