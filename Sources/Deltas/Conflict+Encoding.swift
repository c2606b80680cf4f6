internal import Basics
internal import Clocks

extension Conflict {
  /// Canonical bytes of a list of conflicts: the payload of a `conflicts` frame.
  package static func payload(of conflicts: [Conflict]) -> [UInt8] {
    var writer = ByteWriter()
    writer.writeList(conflicts) { $0.write($1) }
    return writer.bytes
  }

  /// Reads what `payload(of:)` writes, and nothing else.
  package static func list(payload: [UInt8]) throws(DeltaDecodingError) -> [Conflict] {
    var reader = FieldReader(payload, in: "a list of conflicts")
    let conflicts = try reader.readList(
      of: "conflicts", atMost: DeltaLimits.conflictsPerFrameMax
    ) { (reader) throws(DeltaDecodingError) in try reader.readConflict() }
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
    writeOptional(conflict.column) { $0.write($1) }
    writeOptional(conflict.base) { $0.write($1) }
    writeList(conflict.values) { writer, value in
      writer.write(value.dot)
      writer.writeOptional(value.milliseconds) { $0.writeSignedVarint($1) }
      writer.writeOptional(value.value) { $0.write($1) }
    }
    writeLengthPrefixed(conflict.rule)
    write(conflict.state.rawValue)
    writeLengthPrefixed(conflict.explanation)
  }
}

extension FieldReader {
  package mutating func readConflict() throws(DeltaDecodingError) -> Conflict {
    let id = try readVarint()
    guard id <= DeltaLimits.ordinalMax else { throw error("has an impossible number") }
    let position = try readPosition()
    let key = RowKey(
      table: try readTable(), values: try readKeyValues())
    let column = try readOptional { (reader) throws(DeltaDecodingError) in
      try reader.readColumn()
    }
    let base = try readOptional { (reader) throws(DeltaDecodingError) in try reader.readValue() }
    let values = try readList(
      of: "concurrent values", atMost: DeltaLimits.conflictValuesMax
    ) { (reader) throws(DeltaDecodingError) in try reader.readConflictValue() }
    guard values.count >= 2 else { throw error("has a conflict of fewer than two values") }
    let rule = try readText(of: "rule", atMost: DeltaLimits.nameBytesMax)
    let stateCode = try readByte()
    guard let state = ConflictState(rawValue: stateCode) else {
      throw error("has the unknown state \(stateCode)")
    }
    return Conflict(
      id: id, position: position, key: key, column: column, base: base, values: values,
      rule: rule, state: state,
      explanation: try readText(of: "explanation", atMost: DeltaLimits.explanationBytesMax))
  }

  private mutating func readKeyValues() throws(DeltaDecodingError) -> [Value] {
    let encoded = try readBytes(of: "key", atMost: DeltaLimits.keyBytesMax)
    return try RowKey(table: TableID(1), encoded: encoded).values
  }

  private mutating func readConflictValue() throws(DeltaDecodingError) -> ConflictValue {
    ConflictValue(
      dot: try readDot(),
      milliseconds: try readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readSignedVarint()
      },
      value: try readOptional { (reader) throws(DeltaDecodingError) in try reader.readValue() })
  }
}
