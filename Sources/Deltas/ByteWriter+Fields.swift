package import Basics
package import Clocks

/// What `FieldReader` reads.
extension ByteWriter {
  package mutating func write(_ flag: Bool) { write(flag ? UInt8(1) : UInt8(0)) }

  package mutating func writeOptional<Field>(
    _ field: Field?, _ body: (inout ByteWriter, Field) -> Void
  ) {
    write(field != nil)
    if let field { body(&self, field) }
  }

  package mutating func writeList<Element>(
    _ elements: [Element], _ body: (inout ByteWriter, Element) -> Void
  ) {
    writeVarint(elements.count)
    for element in elements { body(&self, element) }
  }

  package mutating func write(_ position: LogPosition) { writeVarint(position.rawValue) }

  package mutating func write(_ replica: ReplicaID) { writeVarint(UInt64(replica.rawValue)) }

  package mutating func write(_ dot: Dot) {
    write(dot.replica)
    writeVarint(dot.counter)
  }

  package mutating func write(_ timestamp: HybridTimestamp) {
    writeSignedVarint(timestamp.milliseconds)
    writeVarint(UInt64(timestamp.counter))
    write(timestamp.replica)
  }

  package mutating func write(_ generation: GenerationID) {
    writeBigEndian(generation.high)
    writeBigEndian(generation.low)
  }

  package mutating func write(_ context: CausalContext) {
    write(context.generation)
    write(context.position)
  }

  package mutating func write(_ also: [EntryKnowledge.Also]) {
    writeList(also) { writer, seen in
      writer.write(seen.since)
      writer.write(seen.position)
    }
  }

  package mutating func write(_ hash: ContentHash) { write(contentsOf: hash.bytes) }

  package mutating func write(_ table: TableID) { writeVarint(UInt64(table.rawValue)) }

  package mutating func write(_ column: ColumnID) { writeVarint(UInt64(column.rawValue)) }

  package mutating func write(_ digest: StateDigest) {
    writeVarint(digest.rowCount)
    writeBigEndian(digest.high)
    writeBigEndian(digest.low)
  }

  package mutating func write(_ digest: RowDigest) {
    writeBigEndian(digest.high)
    writeBigEndian(digest.low)
  }
}
