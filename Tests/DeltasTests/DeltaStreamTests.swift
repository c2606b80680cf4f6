import Basics
import Clocks
import Deltas
import TestSupport
import Testing

@Suite struct DeltaStreamTests {
  static func sample(_ seed: UInt64, entryCount: Int = 3) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return generator.delta(entryCount: entryCount)
  }

  /// The stream again, from what was read.
  static func written(_ parts: [DeltaReader.Part]) -> [UInt8] {
    var isFormer = false
    if case .header(let header)? = parts.first { isFormer = header.formatVersion < 3 }
    return parts.flatMap { part in
      switch part {
      case .header(let header): Frame(type: .deltaHeader, payload: header.payload).encoded
      case .entry(let entry): Frame(type: .entry, payload: entry.payload).encoded
      case .changesetHeader(let header, let payload):
        Frame(type: .changesetHeader, payload: header.payload == payload ? payload : []).encoded
      case .stub(let stub): Frame(type: .stub, payload: stub.payload).encoded
      case .block(let block):
        Frame(type: .block, payload: compressedBlock(raw: rawBlock(block.rowChanges))).encoded
      case .outcome(let block):
        Frame(type: .outcome, payload: compressedBlock(raw: rawBlock(block.rowChanges))).encoded
      case .conflicts(let conflicts):
        isFormer
          ? Frame(type: .conflicts, payload: Conflict.formerPayload(of: conflicts)).encoded
          : Frame(type: .ledger, payload: Conflict.payload(of: conflicts)).encoded
      case .trailer(let trailer): Frame(type: .deltaTrailer, payload: trailer.payload).encoded
      }
    }
  }

  @Test(arguments: 0..<30) func deltasComeBack(seed: UInt64) throws {
    for version in 1...3 {
      var generator = SeededGenerator(seed: seed)
      let bytes = generator.delta(entryCount: Int(seed) % 6, formatVersion: version)
      #expect(Self.written(try Streams.readDelta(bytes)) == bytes)
    }
  }

  @Test func everyFlippedBitIsAnError() throws {
    let bytes = Self.sample(2)
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: DeltaDecodingError.self) { try Streams.readDelta(flipped) }
    }
  }

  @Test func everyTruncationIsAnError() throws {
    let bytes = Self.sample(2)
    for count in 0..<bytes.count {
      #expect(throws: DeltaDecodingError.self) {
        try Streams.readDelta(Array(bytes.prefix(count)))
      }
    }
  }

  /// The checksums repaired: an error, or something that is written in just these bytes.
  ///
  /// Blocks are left out here: their compression is not canonical, their content is, and has tests
  /// of its own.
  @Test(arguments: 2..<5)
  func everyFlippedBitBehindARightChecksumIsAnErrorOrAnotherDelta(seed: UInt64) throws {
    let frames = try Streams.frames(Self.sample(seed))
    for (index, frame) in frames.enumerated() {
      for bit in 0..<frame.payload.count * 8 {
        var changed = frames
        changed[index].payload[bit / 8] ^= 1 << (bit % 8)
        let bytes = changed.flatMap(\.encoded)
        guard let parts = try? Streams.readDelta(bytes) else { continue }
        if frame.type != .block, frame.type != .outcome, Self.written(parts) != bytes {
          Issue.record("seed \(seed), frame \(index), bit \(bit)")
        }
      }
    }
  }

  @Test(arguments: 0..<10) func missingAndRepeatedFramesAreErrors(seed: UInt64) throws {
    let frames = try Streams.frames(Self.sample(seed, entryCount: 4))
    for index in frames.indices {
      var without = frames
      without.remove(at: index)
      #expect(throws: DeltaDecodingError.self) {
        try Streams.readDelta(without.flatMap(\.encoded))
      }
      var twice = frames
      twice.insert(frames[index], at: index)
      #expect(throws: DeltaDecodingError.self) { try Streams.readDelta(twice.flatMap(\.encoded)) }
    }
  }

  @Test func framesOutOfTheirPlaceAreErrors() throws {
    var generator = SeededGenerator(seed: 8)
    let block = Frame(
      type: .block, payload: compressedBlock(raw: rawBlock([Self.change(.insert)])))
    let outcome = Frame(
      type: .outcome, payload: compressedBlock(raw: rawBlock([Self.change(.insert)])))
    let conflicts = Frame(
      type: .conflicts, payload: Conflict.formerPayload(of: [generator.formerConflict()]))
    func entry(_ position: UInt64, hasBlocks: Bool) -> Frame {
      let entry = DeltaEntry(
        position: LogPosition(position), dot: Dot(replica: ReplicaID(1), counter: 1),
        contentHash: .zero,
        timestamp: HybridTimestamp(milliseconds: 0, counter: 0, replica: ReplicaID(1)),
        clockOffsetMilliseconds: 0, receivedMilliseconds: 0, hasBlocks: hasBlocks)
      return Frame(type: .entry, payload: entry.payload)
    }
    func delta(_ frames: [Frame], to: UInt64 = 6) -> [UInt8] {
      Streams.delta(
        DeltaHeader(
          formatVersion: 1, generation: GenerationID(high: 1, low: 2), from: LogPosition(5),
          to: LogPosition(to), receiver: ReplicaID(1)), frames)
    }
    _ = try Streams.readDelta(delta([entry(6, hasBlocks: true), block, block, outcome, conflicts]))
    _ = try Streams.readDelta(delta([entry(6, hasBlocks: true)]))
    _ = try Streams.readDelta(delta([], to: 5))
    let wrong: [[Frame]] = [
      [], [block], [outcome], [conflicts], [entry(5, hasBlocks: false)],
      [entry(7, hasBlocks: false)], [entry(6, hasBlocks: false), block],
      [entry(6, hasBlocks: true), outcome, block],
      [entry(6, hasBlocks: true), conflicts, outcome],
      [entry(6, hasBlocks: true), entry(6, hasBlocks: true)],
      [entry(6, hasBlocks: true), entry(7, hasBlocks: true)],
      [
        entry(6, hasBlocks: true),
        Frame(
          type: .outcome, payload: compressedBlock(raw: rawBlock([Self.change(.update)]))),
      ],
    ]
    for frames in wrong {
      #expect(throws: DeltaDecodingError.self) { try Streams.readDelta(delta(frames)) }
    }
  }

  static func change(_ kind: ChangeKind) -> RowChange {
    RowChange(
      key: RowKey(table: TableID(1), values: [.integer(1)]), kind: kind, columns: [ColumnID(2)],
      values: [.null], milliseconds: 0, base: nil)
  }

  @Test func aHeaderThatEndsBeforeItBeginsIsAnError() {
    let header = DeltaHeader(
      generation: GenerationID(high: 1, low: 2), from: LogPosition(6), to: LogPosition(5),
      receiver: ReplicaID(1))
    #expect(throws: DeltaDecodingError.self) { try DeltaHeader(payload: header.payload) }
  }

  /// Nothing that counts up from what was read can overflow.
  @Test func impossiblePositionsAreErrors() throws {
    for (position, isRight) in [
      (DeltaLimits.ordinalMax, true), (DeltaLimits.ordinalMax + 1, false),
    ] {
      let header = DeltaHeader(
        generation: GenerationID(high: 1, low: 2), from: .start, to: LogPosition(position),
        receiver: ReplicaID(1))
      #expect((try? DeltaHeader(payload: header.payload)) == (isRight ? header : nil))
    }
  }
}
