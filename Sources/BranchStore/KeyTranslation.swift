internal import Basics
internal import Deltas
internal import Storage

/// How a branch's own keys stand to the shared ones: which columns hold them, and what rows made
/// here are called by others. Noted in the file when it was attached.
struct KeyTranslation {
  /// The keys of one table, and what refers to them.
  struct Domain {
    let id: TableID
    /// Where its keys stand for rows.
    var makers: [Maker] = []
    /// Every column that holds its keys.
    var columns: [(table: TableSchema, column: ColumnSchema)] = []
  }

  struct Maker {
    let table: TableSchema
    let column: ColumnSchema
    /// The key's place among the key's columns, from 0.
    let keyIndex: Int
    let numbering: KeyNumbering

    /// Whether the key has no other column.
    var isWhole: Bool { table.keyColumns.count == 1 }
    /// Whether SQLite gives the numbers that programs do not.
    var isNumbered: Bool { isWhole && numbering != .byPrograms }
  }

  /// Where rows made here get shared keys that are not their own ones.
  let space: KeySpace
  /// Nil if only numbers that SQLite gives are the branch's own.
  let rule: KeySpace?
  /// Of what the file has.
  let domains: KeyDomains
  /// Of all that it has had.
  let noted: KeyDomains
  private(set) var byID: [TableID: Domain] = [:]
  /// The key's columns of the tables that the file has.
  let keyColumns: [TableID: [ColumnID]]

  /// Ascending.
  var all: [Domain] { byID.values.sorted { $0.id < $1.id } }

  /// What the file has noted; nil if its keys are the shared ones.
  init?(_ database: Database, schema: Schema) throws {
    guard try database.firstRow(KeySQL.hasKeys) != nil else { return nil }
    let row = try database.firstRow(KeySQL.selectSpace) ?? []
    guard row.count == 2,
      let space = row[0].number.flatMap({ UInt32(exactly: $0) }).flatMap({
        KeySpace($0)
      })
    else { throw BranchStoreError.damaged("its key space has an impossible number") }
    self.space = space
    rule = row[1] == .integer(1) ? space : nil
    var places: [KeyDomains.Place: TableID] = [:]
    for row in try database.rows(KeySQL.selectColumns) {
      let numbers = row.compactMap { $0.number.flatMap { UInt16(exactly: $0) } }
      guard numbers.count == 3 else {
        throw BranchStoreError.damaged("a column of keys has an impossible number")
      }
      places[KeyDomains.Place(TableID(numbers[0]), ColumnID(numbers[1]))] = TableID(numbers[2])
    }
    noted = KeyDomains(domains: places)
    keyColumns = schema.tables.reduce(into: [:]) { $0[$1.id] = $1.keyColumns }
    places = places.filter { schema.table($0.key.table)?.column($0.key.column) != nil }
    domains = KeyDomains(domains: places)
    for (place, domain) in places.sorted(by: { $0.key < $1.key }) {
      try add(place, to: domain, schema: schema, database: database)
    }
  }

  private mutating func add(
    _ place: KeyDomains.Place, to id: TableID, schema: Schema, database: Database
  ) throws {
    guard let table = schema.table(place.table), let column = table.column(place.column) else {
      return
    }
    byID[id, default: Domain(id: id)].columns.append((table, column))
    guard let index = table.keyColumns.firstIndex(of: column.id),
      table.keyColumns.count == 1 || table.id == id
    else { return }
    let numbering = try SchemaReader.numbering(of: table, in: database)
    byID[id, default: Domain(id: id)].makers.append(
      Maker(table: table, column: column, keyIndex: index, numbering: numbering))
  }

  /// What a table's statements need; nil if none of its columns is translated.
  func columns(of table: TableID) -> KeyColumns? {
    let columns = domains.columns(of: table)
    guard !columns.isEmpty else { return nil }
    let marksNumbers =
      byID.values.contains { domain in
        domain.makers.contains { $0.table.id == table && $0.isNumbered }
      }
    return KeyColumns(domains: columns, space: rule, marksNumbers: marksNumbers)
  }
}
