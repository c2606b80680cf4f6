internal import Basics
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
