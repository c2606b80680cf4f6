internal import Basics
internal import Clocks

extension Conflict {
  /// Canonical bytes of a list of conflicts: the payload of a `ledger` frame.
  package static func payload(of conflicts: [Conflict]) -> [UInt8] {
    var writer = ByteWriter()
    writer.writeList(conflicts) { $0.write($1) }
    return writer.bytes
  }

  /// Reads what `payload(of:)` writes, and nothing else.
  package static func list(payload: [UInt8]) throws(DeltaDecodingError) -> [Conflict] {
    try list(payload) { (reader) throws(DeltaDecodingError) in try reader.readConflict() }
  }

  /// Reads the payload of a `conflicts` frame: as conflicts were written before format 3.
  package static func list(formerPayload: [UInt8]) throws(DeltaDecodingError) -> [Conflict] {
    try list(formerPayload) { (reader) throws(DeltaDecodingError) in
      try reader.readFormerConflict()
    }
  }

  private static func list(
    _ payload: [UInt8], _ read: (inout FieldReader) throws(DeltaDecodingError) -> Conflict
  ) throws(DeltaDecodingError) -> [Conflict] {
    var reader = FieldReader(payload, in: "a list of conflicts")
    let conflicts = try reader.readList(
      of: "conflicts", atMost: DeltaLimits.conflictsPerFrameMax, read)
    try reader.expectEnd()
    return conflicts
  }
}

extension ByteWriter {
  package mutating func write(_ conflict: Conflict) {
    writeVarint(conflict.id)
    write(conflict.position)
    write(conflict.key.table)
    writeLengthPrefixed(conflict.key.encoded)
    writeList(conflict.columns) { $0.write($1) }
    writeOptional(conflict.bases) { writer, bases in
      for base in bases { writer.write(base) }
    }
    writeList(conflict.sides) { writer, side in
      writer.write(side.dot)
      writer.writeOptional(side.milliseconds) { $0.writeSignedVarint($1) }
      writer.writeOptional(side.clockOffsetMilliseconds) { $0.writeSignedVarint($1) }
      writer.writeOptional(side.values) { writer, values in
        writer.writeList(values) { $0.write($1) }
      }
    }
    writeLengthPrefixed(conflict.rule)
    write(conflict.state.rawValue)
    writeLengthPrefixed(conflict.explanation)
  }
}

extension FieldReader {
  package mutating func readConflict() throws(DeltaDecodingError) -> Conflict {
    let (id, position, key) = try readConflictHead()
    let columns = try readList(
      of: "columns", atMost: DeltaLimits.columnsMax
    ) { (reader) throws(DeltaDecodingError) in try reader.readColumn() }
    guard zip(columns, columns.dropFirst()).allSatisfy(<) else {
      throw error("has a conflict whose columns do not ascend")
    }
    let bases = try readOptional { (reader) throws(DeltaDecodingError) in
      var bases: [Value] = []
      for _ in 0..<max(1, columns.count) { bases.append(try reader.readValue()) }
      return bases
    }
    guard bases == nil || !columns.isEmpty else {
      throw error("has a row's conflict with a base")
    }
    let sides = try readList(
      of: "concurrent values", atMost: DeltaLimits.conflictValuesMax
    ) { (reader) throws(DeltaDecodingError) in try reader.readSide(columnCount: columns.count) }
    return try readConflictEnd(
      Conflict(
        id: id, position: position, key: key, columns: columns, bases: bases, sides: sides,
        rule: "", state: .open, explanation: ""))
  }

  /// A conflict as it was written before format 3.
  package mutating func readFormerConflict() throws(DeltaDecodingError) -> Conflict {
    let (id, position, key) = try readConflictHead()
    let column = try readOptional { (reader) throws(DeltaDecodingError) in
      try reader.readColumn()
    }
    let base = try readOptional { (reader) throws(DeltaDecodingError) in try reader.readValue() }
    let values = try readList(
      of: "concurrent values", atMost: DeltaLimits.conflictValuesMax
    ) { (reader) throws(DeltaDecodingError) in try reader.readFormerValue() }
    return try readConflictEnd(
      Conflict(
        id: id, position: position, key: key, column: column, base: column == nil ? nil : base,
        values: values, rule: "", state: .open, explanation: ""))
  }

  private mutating func readConflictHead() throws(DeltaDecodingError) -> (
    id: UInt64, position: LogPosition, key: RowKey
  ) {
    let id = try readVarint()
    guard id <= DeltaLimits.ordinalMax else { throw error("has an impossible number") }
    return (
      id, try readPosition(), RowKey(table: try readTable(), values: try readKeyValues())
    )
  }

  private mutating func readConflictEnd(
    _ beginning: Conflict
  ) throws(DeltaDecodingError) -> Conflict {
    var conflict = beginning
    guard conflict.sides.count >= 2 else {
      throw error("has a conflict of fewer than two values")
    }
    conflict.rule = try readText(of: "rule", atMost: DeltaLimits.nameBytesMax)
    let stateCode = try readByte()
    guard let state = ConflictState(rawValue: stateCode) else {
      throw error("has the unknown state \(stateCode)")
    }
    conflict.state = state
    conflict.explanation = try readText(
      of: "explanation", atMost: DeltaLimits.explanationBytesMax)
    return conflict
  }

  private mutating func readKeyValues() throws(DeltaDecodingError) -> [Value] {
    let encoded = try readBytes(of: "key", atMost: DeltaLimits.keyBytesMax)
    return try RowKey(table: TableID(1), encoded: encoded).values
  }

  private mutating func readSide(columnCount: Int) throws(DeltaDecodingError) -> ConflictSide {
    let side = ConflictSide(
      dot: try readDot(),
      milliseconds: try readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readSignedVarint()
      },
      clockOffsetMilliseconds: try readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readSignedVarint()
      },
      values: try readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readList(
          of: "values", atMost: DeltaLimits.columnsMax
        ) { (reader) throws(DeltaDecodingError) in try reader.readValue() }
      })
    let count = side.values?.count ?? columnCount
    guard columnCount == 0 ? count <= 1 : count == columnCount else {
      throw error("has a conflict's value for another number of columns")
    }
    return side
  }

  private mutating func readFormerValue() throws(DeltaDecodingError) -> ConflictValue {
    ConflictValue(
      dot: try readDot(),
      milliseconds: try readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readSignedVarint()
      },
      value: try readOptional { (reader) throws(DeltaDecodingError) in try reader.readValue() })
  }
}
