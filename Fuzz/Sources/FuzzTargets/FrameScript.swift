internal import Basics
internal import Deltas

/// A stream as the fuzzer writes it: frames whose checksums, and on request whose trailers, are
/// made right, since no fuzzer could guess them.
///
/// Each frame is a byte for its type and what is to be made right, two for the length of what
/// follows, and its payload.
package enum FrameScript {
  /// The payload is a block's raw bytes, to be compressed.
  package static let isRawBlock: UInt8 = 0x80
  /// The payload is a trailer's or an entry's, and its counts and its hash are computed.
  package static let isComputed: UInt8 = 0x40
  private static let typeMask: UInt8 = 0x0f

  /// The frames that an input describes, sealed.
  static func frames(of script: ArraySlice<UInt8>) -> [Frame] {
    var frames: [Frame] = []
    var isMarked: [Bool] = []
    var rest = script
    while let head = rest.popFirst() {
      let low = Int(rest.popFirst() ?? 0)
      let count = min(low | Int(rest.popFirst() ?? 0) << 8, rest.count)
      var payload = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      guard let type = FrameType(rawValue: head & typeMask) else { continue }
      if head & isRawBlock != 0 { payload = compressedBlock(raw: payload) }
      let frame = Frame(type: type, payload: payload)
      frames.append(frame)
      isMarked.append(head & isComputed != 0)
    }
    for index in frames.indices where isMarked[index] {
      frames[index].payload = computed(frames, index) ?? frames[index].payload
    }
    return frames
  }

  /// The payload of an entry or a trailer as the frames around it have it.
  static func computed(_ frames: [Frame], _ index: Int) -> [UInt8]? {
    switch frames[index].type {
    case .entry:
      let header = frames.first.flatMap { try? DeltaHeader(payload: $0.payload) }
      guard
        var entry = try? DeltaEntry(
          payload: frames[index].payload,
          formatVersion: header?.formatVersion ?? FormatVersion.delta)
      else { return nil }
      let own = frames[(index + 1)...].prefix {
        [.changesetHeader, .block, .stub].contains($0.type)
      }
      entry.contentHash = StreamReading.contentHash(own.map(part))
      return entry.payload
    case .changesetTrailer:
      let parts = frames[..<index].map(part)
      return ChangesetTrailer(
        rowCount: parts.reduce(0) { $0 + rowCount($1) },
        blockCount: parts.count { $0.type == .block || $0.type == .stub },
        contentHash: StreamReading.contentHash(parts)
      ).payload
    case .deltaTrailer:
      return DeltaTrailer(
        entryCount: frames[..<index].count { $0.type == .entry }, frameCount: index
      ).payload
    default: return nil
    }
  }

  private static func part(_ frame: Frame) -> StreamReading.Part {
    let raw = frame.type == .block ? try? decompressedBlock(payload: frame.payload) : nil
    return StreamReading.Part(type: frame.type, content: raw ?? frame.payload)
  }

  private static func rowCount(_ part: StreamReading.Part) -> Int {
    switch part.type {
    case .block: (try? BlockReader(raw: part.content))?.rowCount ?? 0
    case .stub: (try? BlockStub(payload: part.content))?.rowCount ?? 0
    default: 0
    }
  }

  /// The input that describes a stream: for corpora made of streams that somebody wrote.
  package static func script(of stream: [UInt8]) throws -> [UInt8] {
    var reader = FrameReader()
    reader.append(stream)
    var script: [UInt8] = []
    while let frame = try reader.next() {
      var head = frame.type.rawValue
      var payload = frame.payload
      switch frame.type {
      case .block, .outcome:
        head |= isRawBlock
        payload = try decompressedBlock(payload: payload)
      case .entry: head |= isComputed
      case .changesetTrailer, .deltaTrailer:
        head |= isComputed
        payload = []
      default: break
      }
      guard payload.count <= UInt16.max else { throw DeltaDecodingError.truncated }
      script += [head, UInt8(payload.count & 0xff), UInt8(payload.count >> 8)] + payload
    }
    return script
  }
}
