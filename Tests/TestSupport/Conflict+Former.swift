package import Basics
internal import Clocks
package import Deltas

extension Conflict {
  /// The payload of a `conflicts` frame, as it was written before format 3 of deltas.
  package static func formerPayload(of conflicts: [Conflict]) -> [UInt8] {
    var writer = ByteWriter()
    writer.writeList(conflicts) { writer, conflict in
      writer.writeVarint(conflict.id)
      writer.write(conflict.position)
      writer.write(conflict.key.table)
      writer.writeLengthPrefixed(conflict.key.encoded)
      writer.writeOptional(conflict.column) { $0.write($1) }
      writer.writeOptional(conflict.base) { $0.write($1) }
      writer.writeList(conflict.values) { writer, value in
        writer.write(value.dot)
        writer.writeOptional(value.milliseconds) { $0.writeSignedVarint($1) }
        writer.writeOptional(value.value) { $0.write($1) }
      }
      writer.writeLengthPrefixed(conflict.rule)
      writer.write(conflict.state.rawValue)
      writer.writeLengthPrefixed(conflict.explanation)
    }
    return writer.bytes
  }
}

extension SeededGenerator {
  /// A conflict that former formats could tell of: of one column, without clocks.
  package mutating func formerConflict() -> Conflict {
    var conflict = conflict()
    conflict.columns = Array(conflict.columns.prefix(1))
    conflict.bases = conflict.bases.map { Array($0.prefix(1)) }
    for index in conflict.sides.indices {
      conflict.sides[index].clockOffsetMilliseconds = nil
      conflict.sides[index].values = conflict.sides[index].values.map { [$0.first ?? .integer(1)] }
    }
    return conflict
  }
}
