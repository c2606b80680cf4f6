internal import Basics
internal import Deltas

/// The version of the conversation. Stands at the head of every message.
package enum ProtocolVersion {
  /// The latest version. A message is written in the version that last changed its fields.
  package static let current: UInt64 = 3
  /// The versions that are read.
  package static let readable: ClosedRange<UInt64> = 1...current
}

/// What a message is: the byte after its version. Never reused.
enum MessageType: UInt8 {
  case exchange = 0x01
  case upload = 0x02
  case download = 0x03
  case compare = 0x04
  case fetchRows = 0x05
  case explain = 0x06
  case awaitNews = 0x07
  case describe = 0x08
  case place = 0x09
  case handBack = 0x0a
  case fork = 0x0b
  case adopt = 0x0c
  case policy = 0x0d
  case schema = 0x0e
  case compareColumns = 0x0f
  case enrol = 0x10
  case trace = 0x11

  case exchanged = 0x41
  case uploaded = 0x42
  case downloaded = 0x43
  case compared = 0x44
  case rows = 0x45
  case explanation = 0x46
  case news = 0x47
  case description = 0x48
  case path = 0x49
  case handedBack = 0x4a
  case forkOffer = 0x4b
  case adopted = 0x4c
  case policyInForce = 0x4d
  case schemaInForce = 0x4e
  case enrolled = 0x50
  case traced = 0x51
  case refused = 0x7f

  /// The first version of the conversation that has such messages.
  var firstVersion: UInt64 {
    switch self {
    case .place, .handBack, .fork, .adopt, .path, .handedBack, .forkOffer, .adopted: 2
    case .policy, .policyInForce, .schema, .schemaInForce, .compareColumns, .trace, .traced: 3
    default: 1
    }
  }
}

extension MessageType {
  /// The version in which such messages are written: the one that last changed them.
  var writtenVersion: UInt64 {
    switch self {
    case .exchanged, .explanation, .policy, .policyInForce, .schema, .schemaInForce,
      .compareColumns, .trace, .traced:
      3
    default: 2
    }
  }
}

extension ByteWriter {
  /// A writer that has a message's head.
  init(_ type: MessageType) {
    self.init()
    writeVarint(type.writtenVersion)
    write(type.rawValue)
  }

  /// The whole message: what was written, and the first 8 bytes of its SHA-256.
  var message: [UInt8] {
    bytes + ContentHash(of: bytes).bytes.prefix(FieldReader.messageChecksumBytes)
  }
}

extension FieldReader {
  static let messageChecksumBytes = 8

  /// Reads a message's head. The body's limit is checked before anything else, and its checksum
  /// before any field.
  static func message(
    _ encoded: [UInt8], in what: String
  ) throws(DeltaDecodingError) -> (reader: FieldReader, type: MessageType, version: UInt64) {
    guard encoded.count <= SessionLimits.bodyBytesMax else {
      throw .tooLarge(what: "message in bytes", limit: SessionLimits.bodyBytesMax)
    }
    var head = FieldReader(encoded, in: what)
    let version = try head.readVarint()
    guard ProtocolVersion.readable.contains(version) else { throw .unsupportedFormat(version) }
    guard head.remaining > messageChecksumBytes else { throw head.error("is cut short") }
    let content = Array(encoded.dropLast(messageChecksumBytes))
    let checksum = ContentHash(of: content).bytes.prefix(messageChecksumBytes)
    guard checksum.elementsEqual(encoded.suffix(messageChecksumBytes)) else {
      throw .checksumMismatch
    }
    var reader = FieldReader(content, in: what)
    _ = try reader.readVarint()
    let code = try reader.readByte()
    guard let type = MessageType(rawValue: code), version >= type.firstVersion,
      version <= type.writtenVersion
    else {
      throw reader.error("is of the unknown type \(code)")
    }
    return (reader, type, version)
  }

  /// A length or an offset in bytes.
  mutating func readByteCount(atMost limit: Int) throws(DeltaDecodingError) -> Int {
    try readCount(of: "bytes", atMost: limit)
  }

  mutating func readEncodedKey() throws(DeltaDecodingError) -> [UInt8] {
    try readBytes(of: "key", atMost: DeltaLimits.keyBytesMax)
  }
}
