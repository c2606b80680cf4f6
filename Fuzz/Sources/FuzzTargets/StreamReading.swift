internal import Basics
internal import Deltas

/// What a whole stream said, frame by frame, as canonical bytes: equal for equal content, however
/// its blocks were compressed.
struct StreamReading: Hashable {
  var parts: [Part] = []

  struct Part: Hashable {
    var type: FrameType
    /// The payload; of a block its raw bytes.
    var content: [UInt8]
  }

  /// Cuts a stream into frames: as a whole, and in pieces, which must come to the same. Nil for a
  /// stream that is refused or has no end.
  static func frames(
    of stream: [UInt8], pieceBytes: Int
  ) throws(FuzzFinding) -> [Frame]? {
    let whole = frames(of: stream, by: max(stream.count, 1))
    let pieces = frames(of: stream, by: pieceBytes)
    try hold(whole == pieces, "A stream says something else where it comes in pieces.")
    guard let frames = whole else { return nil }
    try hold(
      frames.flatMap(\.encoded) == stream, "Frames are written again with other bytes.")
    return frames
  }

  private static func frames(of stream: [UInt8], by pieceBytes: Int) -> [Frame]? {
    var reader = FrameReader()
    var frames: [Frame] = []
    var rest = stream[...]
    do {
      while !rest.isEmpty {
        reader.append(rest.prefix(pieceBytes))
        rest = rest.dropFirst(pieceBytes)
        while let frame = try reader.next() { frames.append(frame) }
      }
    } catch { return nil }
    return reader.pendingBytes == 0 ? frames : nil
  }

  /// Reads a changeset's frames; nil if they are refused or not whole.
  static func changeset(
    _ frames: [Frame], allowsStubs: Bool = false
  ) throws(FuzzFinding) -> StreamReading? {
    var reader = ChangesetReader(allowsStubs: allowsStubs)
    var reading = StreamReading()
    for frame in frames {
      guard let part = try? reader.read(frame) else { return nil }
      switch part {
      case .header(let header): try reading.add(frame, header.payload)
      case .block(let block): try reading.add(frame, block)
      case .stub(let stub): try reading.add(frame, stub.payload)
      case .trailer(let trailer): try reading.add(frame, trailer.payload)
      }
    }
    return reader.isComplete ? reading : nil
  }

  /// Reads a delta's frames; nil if they are refused or not whole.
  static func delta(_ frames: [Frame]) throws(FuzzFinding) -> StreamReading? {
    var reader = DeltaReader()
    var reading = StreamReading()
    for frame in frames {
      guard let part = try? reader.read(frame) else { return nil }
      switch part {
      case .header(let header): try reading.add(frame, header.payload)
      case .entry(let entry): try reading.add(frame, entry.payload)
      case .changesetHeader(let header, let payload):
        try hold(payload == frame.payload, "A header comes with other bytes than its frame's.")
        try reading.add(frame, header.payload)
      case .block(let block), .outcome(let block): try reading.add(frame, block)
      case .stub(let stub): try reading.add(frame, stub.payload)
      case .conflicts(let conflicts):
        // As they are written now; former ones are only read.
        let isFormer = frame.type == .conflicts
        try reading.add(frame, isFormer ? frame.payload : Conflict.payload(of: conflicts))
      case .trailer(let trailer): try reading.add(frame, trailer.payload)
      }
    }
    return reader.isComplete ? reading : nil
  }

  /// What the frames from a changeset's header on come to.
  static func contentHash(_ parts: some Sequence<Part>) -> ContentHash {
    var hasher = ContentHash.Hasher256()
    for part in parts {
      switch part.type {
      case .changesetHeader: hasher.update(part.content)
      case .block: hasher.update(ContentHash(of: part.content).bytes)
      case .stub:
        if let stub = try? BlockStub(payload: part.content) { hasher.update(stub.hash.bytes) }
      default: break
      }
    }
    return hasher.finish()
  }

  private mutating func add(_ frame: Frame, _ payload: [UInt8]) throws(FuzzFinding) {
    try hold(
      payload == frame.payload, "The payload of a \(frame.type) is written again otherwise.")
    parts.append(Part(type: frame.type, content: payload))
  }

  private mutating func add(_ frame: Frame, _ block: BlockReader) throws(FuzzFinding) {
    guard let raw = try? decompressedBlock(payload: frame.payload) else {
      throw FuzzFinding("A block was read that cannot be inflated.")
    }
    try checkRewritten(block, raw: raw)
    parts.append(Part(type: frame.type, content: raw))
  }
}
