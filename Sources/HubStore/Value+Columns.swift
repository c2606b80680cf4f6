internal import Basics
internal import Clocks
internal import Deltas

/// Between what a column of the engine's own tables holds and what it means. The tables are
/// STRICT, so that a column has its type or NULL.
extension Value {
  init(_ position: LogPosition) { self = .integer(Int64(clamping: position.rawValue)) }
  init(_ replica: ReplicaID) { self = .integer(Int64(replica.rawValue)) }
  init(_ table: TableID) { self = .integer(Int64(table.rawValue)) }
  init(_ count: Int) { self = .integer(Int64(count)) }
  init(_ hash: ContentHash) { self = .blob(hash.bytes) }
  init(_ flag: Bool) { self = .integer(flag ? 1 : 0) }
  init(counter: UInt64) { self = .integer(Int64(clamping: counter)) }
  init(bytes: [UInt8]?) { self = bytes.map { .blob($0) } ?? .null }
  init(_ generation: GenerationID) { self = .text(generation.description) }
  init(milliseconds: Int64?) { self = milliseconds.map { .integer($0) } ?? .null }

  var integerValue: Int64? {
    if case .integer(let value) = self { return value }
    return nil
  }

  var asInteger: Int64 { integerValue ?? 0 }
  var asCounter: UInt64 { UInt64(clamping: asInteger) }
  var asPosition: LogPosition { LogPosition(asCounter) }
  var asReplica: ReplicaID { ReplicaID(UInt32(clamping: asInteger)) }
  var asTable: TableID { TableID(UInt16(clamping: asInteger)) }

  var asBytes: [UInt8] {
    switch self {
    case .text(let bytes), .blob(let bytes): bytes
    default: []
    }
  }

  var asOptionalBytes: [UInt8]? { self == .null ? nil : asBytes }

  /// How many bytes of content it has.
  var byteCount: Int {
    switch self {
    case .null: 0
    case .integer, .real: 8
    case .text(let bytes), .blob(let bytes): bytes.count
    }
  }

  var asText: String { String(decoding: asBytes, as: UTF8.self) }

  var asHash: ContentHash? { ContentHash(bytes: asBytes) }
}
