package import Basics

extension Schema {
  /// Whether the first format has words for all of it; then it is written in that one.
  private var isPlain: Bool { revision == 0 && tables.allSatisfy(\.isPlain) }

  /// Canonical bytes: what the hub sends to a joining branch and both sides keep.
  package var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.writeVarint(isPlain ? FormatVersion.current : FormatVersion.evolvingSchema)
    if !isPlain { writer.writeVarint(revision) }
    writer.writeList(tables) { $0.write($1, isPlain: isPlain) }
    writer.writeList(otherSQL) { $0.writeLengthPrefixed($1) }
    return writer.bytes
  }

  package init(encoded: [UInt8]) throws(DeltaDecodingError) {
    guard encoded.count <= DeltaLimits.schemaBytesMax else {
      throw .tooLarge(what: "schema in bytes", limit: DeltaLimits.schemaBytesMax)
    }
    var reader = FieldReader(encoded, in: "a schema")
    let version = try reader.readVarint()
    let isPlain = version == FormatVersion.current
    guard isPlain || version == FormatVersion.evolvingSchema else {
      throw .unsupportedFormat(version)
    }
    let revision = isPlain ? 0 : try reader.readOrdinal("revision", orZero: true)
    let tables = try reader.readList(
      of: "tables", atMost: DeltaLimits.tablesMax
    ) { (reader) throws(DeltaDecodingError) in try reader.readTableSchema(isPlain: isPlain) }
    for (table, next) in zip(tables, tables.dropFirst()) where table.id >= next.id {
      throw reader.error("has tables out of order")
    }
    let otherSQL = try reader.readList(
      of: "statements", atMost: DeltaLimits.statementsMax
    ) { (reader) throws(DeltaDecodingError) in
      try reader.readText(of: "statement", atMost: DeltaLimits.sqlBytesMax)
    }
    try reader.expectEnd()
    self.init(tables: tables, otherSQL: otherSQL)
    self.revision = revision
    guard isPlain == self.isPlain else {
      throw reader.error("is in a later format than it needs")
    }
  }

  /// A digest of the tables and columns being synced; both sides must match. Names, numbers, keys,
  /// affinities, collations, defaults, drops and the number of declared migrations count; the
  /// wording of CREATE statements does not.
  package var fingerprint: ContentHash {
    var writer = ByteWriter()
    let isFirst =
      revision == 0
      && tables.allSatisfy { table in
        !table.isDropped
          && table.columns.allSatisfy { $0.defaultValue == nil && !$0.isDropped }
      }
    writer.writeLengthPrefixed(isFirst ? "tributary schema 1" : "tributary schema 2")
    if !isFirst { writer.writeVarint(revision) }
    writer.writeList(tables.sorted { $0.id < $1.id }) { writer, table in
      writer.write(table.id)
      writer.writeLengthPrefixed(table.name)
      writer.writeList(table.columns.sorted { $0.id < $1.id }) { writer, column in
        writer.write(column.id)
        writer.writeLengthPrefixed(column.name)
        writer.write(column.affinity.rawValue)
        writer.writeLengthPrefixed(Self.uppercasedASCII(column.collation))
        guard !isFirst else { return }
        writer.writeOptional(column.defaultValue) { $0.write($1) }
        writer.write(column.isDropped)
      }
      writer.writeList(table.keyColumns) { $0.write($1) }
      if !isFirst { writer.write(table.isDropped) }
    }
    return ContentHash(of: writer.bytes)
  }

  /// SQLite compares the names of collations without regard to the case of ASCII letters.
  private static func uppercasedASCII(_ text: String) -> [UInt8] {
    text.utf8.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) ? $0 - 32 : $0 }
  }
}

extension ByteWriter {
  fileprivate mutating func write(_ table: TableSchema, isPlain: Bool) {
    write(table.id)
    writeLengthPrefixed(table.name)
    writeList(table.columns) { writer, column in
      writer.write(column.id)
      writer.writeLengthPrefixed(column.name)
      writer.writeLengthPrefixed(column.declaredType)
      writer.write(column.affinity.rawValue)
      writer.write(column.isNotNull)
      writer.writeLengthPrefixed(column.collation)
      guard !isPlain else { return }
      writer.writeOptional(column.defaultValue) { $0.write($1) }
      writer.writeList(column.formerNames) { $0.writeLengthPrefixed($1) }
      writer.write(column.isDropped)
      writer.write(column.isRetyped)
    }
    writeList(table.keyColumns) { $0.write($1) }
    write(table.isWithoutRowID)
    write(table.isStrict)
    writeLengthPrefixed(table.createSQL)
    guard !isPlain else { return }
    writeList(table.formerNames) { $0.writeLengthPrefixed($1) }
    write(table.isDropped)
  }
}

extension FieldReader {
  fileprivate mutating func readTableSchema(
    isPlain: Bool
  ) throws(DeltaDecodingError) -> TableSchema {
    let id = try readTable()
    let name = try readText(of: "table's name", atMost: DeltaLimits.nameBytesMax)
    let columns = try readList(
      of: "columns", atMost: DeltaLimits.columnsMax
    ) { (reader) throws(DeltaDecodingError) in try reader.readColumnSchema(isPlain: isPlain) }
    let numbers = Set(columns.map(\.id))
    guard numbers.count == columns.count else { throw error("has a column number twice") }
    let keyColumns = try readList(
      of: "key columns", atMost: DeltaLimits.keyColumnsMax
    ) { (reader) throws(DeltaDecodingError) in try reader.readColumn() }
    guard !keyColumns.isEmpty, Set(keyColumns).count == keyColumns.count,
      numbers.isSuperset(of: keyColumns)
    else { throw error("has a table whose key is not of its columns") }
    var table = TableSchema(
      id: id, name: name, columns: columns, keyColumns: keyColumns,
      isWithoutRowID: try readFlag(), isStrict: try readFlag(),
      createSQL: try readText(of: "statement", atMost: DeltaLimits.sqlBytesMax))
    guard !isPlain else { return table }
    table.formerNames = try readFormerNames()
    table.isDropped = try readFlag()
    return table
  }

  private mutating func readFormerNames() throws(DeltaDecodingError) -> [String] {
    try readList(
      of: "former names", atMost: DeltaLimits.columnsMax
    ) { (reader) throws(DeltaDecodingError) in
      try reader.readText(of: "former name", atMost: DeltaLimits.nameBytesMax)
    }
  }

  private mutating func readColumnSchema(
    isPlain: Bool
  ) throws(DeltaDecodingError) -> ColumnSchema {
    let id = try readColumn()
    let name = try readText(of: "column's name", atMost: DeltaLimits.nameBytesMax)
    let declaredType = try readText(of: "column's type", atMost: DeltaLimits.nameBytesMax)
    let code = try readByte()
    guard let affinity = Affinity(rawValue: code) else {
      throw error("has the unknown affinity \(code)")
    }
    var column = ColumnSchema(
      id: id, name: name, declaredType: declaredType, affinity: affinity,
      isNotNull: try readFlag(),
      collation: try readText(of: "collation's name", atMost: DeltaLimits.nameBytesMax))
    guard !isPlain else { return column }
    column.defaultValue = try readOptional { (reader) throws(DeltaDecodingError) in
      try reader.readValue()
    }
    column.formerNames = try readFormerNames()
    column.isDropped = try readFlag()
    column.isRetyped = try readFlag()
    return column
  }
}
