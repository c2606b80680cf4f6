import Basics
import Clocks
import Deltas
import TestSupport
import Testing

@Suite struct ChangesetStreamTests {
  static func sample(_ seed: UInt64) -> (
    bytes: [UInt8], header: ChangesetHeader, blocks: [[RowChange]]
  ) {
    var generator = SeededGenerator(seed: seed)
    let mayCount = seed % 2 == 1
    let header = generator.changesetHeader(mayCount: mayCount)
    let blocks = generator.blocks(count: 3, rowsBelow: 4, mayCount: mayCount)
    return (Streams.changeset(header, blocks: blocks).bytes, header, blocks)
  }

  @Test(arguments: 0..<20) func changesetsComeBack(seed: UInt64) throws {
    let (bytes, header, blocks) = Self.sample(seed)
    let read = try Streams.readChangeset(bytes)
    #expect(read.header == header)
    #expect(read.changes == blocks.flatMap { $0 })
    #expect(read.trailer.blockCount == 3)
    #expect(read.trailer.rowCount == blocks.reduce(0) { $0 + $1.count })
  }

  /// The hash is over the header's bytes and the digest of each block's raw bytes, and so does not
  /// depend on how the blocks were compressed.
  @Test func theHashIsTheSpecifiedOne() {
    let (_, header, blocks) = Self.sample(1)
    let expected = ContentHash(
      of: header.payload + blocks.flatMap { ContentHash(of: rawBlock($0)).bytes })
    #expect(Streams.changeset(header, blocks: blocks).trailer.contentHash == expected)
    let empty = Streams.changeset(header, blocks: []).trailer
    #expect(empty.contentHash == ContentHash(of: header.payload))
  }

  @Test func everyFlippedBitIsAnError() throws {
    let bytes = Self.sample(2).bytes
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: DeltaDecodingError.self) { try Streams.readChangeset(flipped) }
    }
  }

  @Test func everyTruncationIsAnError() throws {
    let bytes = Self.sample(2).bytes
    for count in 0..<bytes.count {
      #expect(throws: DeltaDecodingError.self) {
        try Streams.readChangeset(Array(bytes.prefix(count)))
      }
    }
  }

  /// The checksums repaired, as somebody would who means harm: an error, or the same changeset,
  /// where the bit has no meaning to Zstandard.
  @Test func everyFlippedBitBehindARightChecksumIsNoticedToo() throws {
    let bytes = Self.sample(3).bytes
    let original = try Streams.readChangeset(bytes)
    let frames = try Streams.frames(bytes)
    for (index, frame) in frames.enumerated() {
      for bit in 0..<frame.payload.count * 8 {
        var changed = frames
        changed[index].payload[bit / 8] ^= 1 << (bit % 8)
        guard let read = try? Streams.readChangeset(changed.flatMap(\.encoded)) else { continue }
        if read != original || frame.type != .block { Issue.record("frame \(index), bit \(bit)") }
      }
    }
  }

  @Test func framesOutOfOrderAreErrors() throws {
    let frames = try Streams.frames(Self.sample(4).bytes)
    #expect(frames.count == 5)
    for first in frames.indices {
      for second in frames.indices where first < second {
        var swapped = frames
        swapped.swapAt(first, second)
        guard swapped != frames else { continue }
        #expect(throws: DeltaDecodingError.self) {
          try Streams.readChangeset(swapped.flatMap(\.encoded))
        }
      }
      var without = frames
      without.remove(at: first)
      #expect(throws: DeltaDecodingError.self) {
        try Streams.readChangeset(without.flatMap(\.encoded))
      }
      var twice = frames
      twice.insert(frames[first], at: first)
      #expect(throws: DeltaDecodingError.self) {
        try Streams.readChangeset(twice.flatMap(\.encoded))
      }
    }
  }

  @Test func framesOfADeltaAreErrors() throws {
    let frames = try Streams.frames(Self.sample(4).bytes)
    for type in [FrameType.deltaHeader, .entry, .outcome, .conflicts, .deltaTrailer] {
      var changed = frames
      changed[1].type = type
      #expect(throws: DeltaDecodingError.self) {
        try Streams.readChangeset(changed.flatMap(\.encoded))
      }
    }
  }

  @Test func anotherFormatIsNamed() throws {
    var frames = try Streams.frames(Self.sample(5).bytes)
    frames[0].payload[0] = 4
    let error = #expect(throws: DeltaDecodingError.unsupportedFormat(4)) {
      try Streams.readChangeset(frames.flatMap(\.encoded))
    }
    #expect(error?.message.contains("format 4") == true)
  }

  /// A counted update is one of version 3, wherever its changeset travels.
  @Test func aHeaderWithoutCountsAllowsNone() throws {
    var generator = SeededGenerator(seed: 8)
    let shape = BlockShape(
      table: TableID(1), kind: .update, columns: [ColumnID(2)], counted: [ColumnID(2)],
      keyColumnCount: 1)
    let blocks = [[generator.rowChange(shape)]]
    let origins: [ContentHash?] = [nil, generator.hash()]
    for origin in origins {
      var header = generator.changesetHeader(mayCount: true)
      header.origin = origin
      #expect(header.payload[0] == 3)
      #expect(try ChangesetHeader(payload: header.payload) == header)
      let (stream, trailer) = Streams.changeset(header, blocks: blocks)
      #expect(try Streams.readChangeset(stream).changes == blocks[0])
      #expect(try Streams.readDelta(Self.delta(header, stream, trailer)).count == 5)
      header.mayCount = false
      let (plain, other) = Streams.changeset(header, blocks: blocks)
      #expect(plain[5] == (origin == nil ? 1 : 2))
      let error = DeltaDecodingError.malformed(
        "a changeset has a counted update that its header does not allow")
      #expect(throws: error) { try Streams.readChangeset(plain) }
      #expect(throws: error) { try Streams.readDelta(Self.delta(header, plain, other)) }
    }
  }

  /// A delta of the one entry, for somebody else.
  private static func delta(
    _ header: ChangesetHeader, _ stream: [UInt8], _ trailer: ChangesetTrailer
  ) throws -> [UInt8] {
    let entry = DeltaEntry(
      position: LogPosition(1), dot: header.dot, contentHash: trailer.contentHash,
      timestamp: header.timestamp, clockOffsetMilliseconds: 0, receivedMilliseconds: 0,
      hasBlocks: true, seen: EntryKnowledge(upTo: .start))
    return Streams.delta(
      DeltaHeader(
        generation: header.context.generation, from: .start, to: LogPosition(1),
        receiver: ReplicaID(9)),
      [Frame(type: .entry, payload: entry.payload)] + (try Streams.frames(stream).dropLast()))
  }

  @Test func aCounterOfZeroIsAnError() {
    var header = Self.sample(6).header
    header.dot = Dot(replica: header.dot.replica, counter: 0)
    #expect(throws: DeltaDecodingError.self) { try ChangesetHeader(payload: header.payload) }
  }
}
