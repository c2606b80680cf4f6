package import Basics
package import Clocks

/// Reads the fields that headers and messages are made of, and names what it reads when it fails.
///
/// Total over all bytes: what no writer produces is an error, never a trap.
package struct FieldReader: Sendable {
  private var reader: ByteReader
  private let what: String

  /// `what` begins the sentence of an error: “the delta's header”.
  package init(_ bytes: [UInt8], in what: String) {
    reader = ByteReader(bytes)
    self.what = what
  }

  package var remaining: Int { reader.remaining }

  /// An error whose sentence begins with what is being read.
  package func error(_ why: String) -> DeltaDecodingError { .malformed("\(what) \(why)") }

  private mutating func read<Field>(
    _ body: (inout ByteReader) throws(ByteReaderError) -> Field
  ) throws(DeltaDecodingError) -> Field {
    do throws(ByteReaderError) {
      return try body(&reader)
    } catch {
      throw DeltaDecodingError(error, in: what)
    }
  }

  package mutating func readByte() throws(DeltaDecodingError) -> UInt8 {
    try read { (reader) throws(ByteReaderError) in try reader.readByte() }
  }

  package mutating func readVarint() throws(DeltaDecodingError) -> UInt64 {
    try read { (reader) throws(ByteReaderError) in try reader.readVarint() }
  }

  package mutating func readSignedVarint() throws(DeltaDecodingError) -> Int64 {
    try read { (reader) throws(ByteReaderError) in try reader.readSignedVarint() }
  }

  package mutating func readFixed64() throws(DeltaDecodingError) -> UInt64 {
    try read { (reader) throws(ByteReaderError) in try reader.readFixed64() }
  }

  package mutating func readBigEndian() throws(DeltaDecodingError) -> UInt64 {
    try read { (reader) throws(ByteReaderError) in try reader.readBigEndian() }
  }

  /// A varint that is at most `limit`; `of` names in the plural what it counts.
  package mutating func readCount(
    of counted: String, atMost limit: Int
  ) throws(DeltaDecodingError) -> Int {
    let value = try readVarint()
    guard value <= UInt64(limit) else {
      throw .tooLarge(what: "number of \(counted)", limit: limit)
    }
    return Int(value)
  }

  /// A varint length of at most `limit`, then that many bytes.
  package mutating func readBytes(
    of named: String, atMost limit: Int
  ) throws(DeltaDecodingError) -> [UInt8] {
    let count = try readVarint()
    guard count <= UInt64(limit) else { throw .tooLarge(what: "\(named) in bytes", limit: limit) }
    return try readBytes(exactly: Int(count))
  }

  package mutating func readBytes(exactly count: Int) throws(DeltaDecodingError) -> [UInt8] {
    try read { (reader) throws(ByteReaderError) in Array(try reader.readBytes(count)) }
  }

  /// A length-prefixed text that is valid UTF-8.
  package mutating func readText(
    of named: String, atMost limit: Int
  ) throws(DeltaDecodingError) -> String {
    let bytes = try readBytes(of: named, atMost: limit)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw error("has a text that is not UTF-8")
    }
    return text
  }

  /// One byte, 0 or 1.
  package mutating func readFlag() throws(DeltaDecodingError) -> Bool {
    switch try readByte() {
    case 0: return false
    case 1: return true
    default: throw error("has a flag that is neither 0 nor 1")
    }
  }

  /// A flag, then the field if it is 1.
  package mutating func readOptional<Field>(
    _ body: (inout FieldReader) throws(DeltaDecodingError) -> Field
  ) throws(DeltaDecodingError) -> Field? {
    try readFlag() ? try body(&self) : nil
  }

  /// A count of at most `limit`, then that many elements. Allocates only for what is there.
  package mutating func readList<Element>(
    of counted: String, atMost limit: Int,
    _ body: (inout FieldReader) throws(DeltaDecodingError) -> Element
  ) throws(DeltaDecodingError) -> [Element] {
    let count = try readCount(of: counted, atMost: limit)
    var elements: [Element] = []
    for _ in 0..<count { elements.append(try body(&self)) }
    return elements
  }

  /// Throws unless everything was read.
  package func expectEnd() throws(DeltaDecodingError) {
    guard reader.isAtEnd else { throw error("has bytes after its end") }
  }
}

extension FieldReader {
  /// A varint that numbers something in the hub's life: 1 or more unless `orZero`.
  package mutating func readOrdinal(
    _ named: String, orZero: Bool
  ) throws(DeltaDecodingError) -> UInt64 {
    let value = try readVarint()
    guard value <= DeltaLimits.ordinalMax, orZero || value > 0 else {
      throw error("has the impossible \(named) \(value)")
    }
    return value
  }

  package mutating func readPosition() throws(DeltaDecodingError) -> LogPosition {
    LogPosition(try readOrdinal("position", orZero: true))
  }

  package mutating func readCounter() throws(DeltaDecodingError) -> UInt64 {
    try readOrdinal("counter", orZero: false)
  }

  package mutating func readReplica() throws(DeltaDecodingError) -> ReplicaID {
    guard let value = UInt32(exactly: try readVarint()) else {
      throw error("has an impossible replica number")
    }
    return ReplicaID(value)
  }

  package mutating func readDot() throws(DeltaDecodingError) -> Dot {
    Dot(replica: try readReplica(), counter: try readCounter())
  }

  package mutating func readTimestamp() throws(DeltaDecodingError) -> HybridTimestamp {
    let milliseconds = try readSignedVarint()
    guard let counter = UInt32(exactly: try readVarint()) else {
      throw error("has an impossible timestamp")
    }
    return HybridTimestamp(
      milliseconds: milliseconds, counter: counter, replica: try readReplica())
  }

  package mutating func readGeneration() throws(DeltaDecodingError) -> GenerationID {
    GenerationID(high: try readBigEndian(), low: try readBigEndian())
  }

  package mutating func readContext() throws(DeltaDecodingError) -> CausalContext {
    CausalContext(generation: try readGeneration(), position: try readPosition())
  }

  package mutating func readAlsoSeen() throws(DeltaDecodingError) -> [EntryKnowledge.Also] {
    try readList(
      of: "entries seen", atMost: DeltaLimits.seenEntriesMax
    ) { (reader) throws(DeltaDecodingError) in
      EntryKnowledge.Also(since: try reader.readPosition(), position: try reader.readPosition())
    }
  }

  package mutating func readHash() throws(DeltaDecodingError) -> ContentHash {
    guard let hash = ContentHash(bytes: try readBytes(exactly: ContentHash.byteCount)) else {
      throw .truncated
    }
    return hash
  }

  package mutating func readTable() throws(DeltaDecodingError) -> TableID {
    guard let value = UInt16(exactly: try readVarint()), value > 0 else {
      throw error("has an impossible table number")
    }
    return TableID(value)
  }

  package mutating func readColumn() throws(DeltaDecodingError) -> ColumnID {
    guard let value = UInt16(exactly: try readVarint()), value > 0 else {
      throw error("has an impossible column number")
    }
    return ColumnID(value)
  }

  package mutating func readStateDigest() throws(DeltaDecodingError) -> StateDigest {
    StateDigest(
      rowCount: try readCount(of: "rows", atMost: DeltaLimits.tableRowsMax),
      high: try readBigEndian(), low: try readBigEndian())
  }

  package mutating func readRowDigest() throws(DeltaDecodingError) -> RowDigest {
    RowDigest(high: try readBigEndian(), low: try readBigEndian())
  }
}
