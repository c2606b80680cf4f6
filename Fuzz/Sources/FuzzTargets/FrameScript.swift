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
  /// The payload is a trailer's, and its counts and its hash are computed.
  package static let isComputed: UInt8 = 0x40
  private static let typeMask: UInt8 = 0x0f

  /// The frames that an input describes, sealed.
  static func frames(of script: ArraySlice<UInt8>) -> [Frame] {
    var frames: [Frame] = []
    var rest = script
    while let head = rest.popFirst() {
      let low = Int(rest.popFirst() ?? 0)
      let count = min(low | Int(rest.popFirst() ?? 0) << 8, rest.count)
      var payload = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      guard let type = FrameType(rawValue: head & typeMask) else { continue }
      if head & isRawBlock != 0 { payload = compressedBlock(raw: payload) }
      if head & isComputed != 0 { payload = computed(type, after: frames) ?? payload }
      frames.append(Frame(type: type, payload: payload))
    }
    return frames
  }

  private static func computed(_ type: FrameType, after frames: [Frame]) -> [UInt8]? {
    switch type {
    case .changesetTrailer:
      guard let header = frames.first else { return nil }
      var hasher = ContentHash.Hasher256()
      hasher.update(header.payload)
      var rowCount = 0
      let blocks = frames.filter { $0.type == .block }.compactMap {
        try? decompressedBlock(payload: $0.payload)
      }
      for raw in blocks {
        hasher.update(ContentHash(of: raw).bytes)
        rowCount += (try? BlockReader(raw: raw))?.rowCount ?? 0
      }
      return ChangesetTrailer(
        rowCount: rowCount, blockCount: blocks.count, contentHash: hasher.finish()
      ).payload
    case .deltaTrailer:
      return DeltaTrailer(
        entryCount: frames.count { $0.type == .entry }, frameCount: frames.count
      ).payload
    default: return nil
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
