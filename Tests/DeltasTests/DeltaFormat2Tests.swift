import Basics
import Clocks
import Deltas
import TestSupport
import Testing

/// What format 2 of deltas has beside format 1: the author's header, stubs, whole states.
@Suite struct DeltaFormat2Tests {
  static let author = GoldenSamples.header(counter: 12, isBaseline: false)
  static let first = DeltaStreamTests.change(.insert)
  static let second = DeltaStreamTests.change(.update)
  static let contentHash = Streams.changeset(author, blocks: [[first], [second]]).trailer
    .contentHash

  static let head = Frame(type: .changesetHeader, payload: author.payload)
  static let firstBlock = frame(.block, first)
  static let secondBlock = frame(.block, second)
  static let firstStub = Frame(
    type: .stub, payload: BlockStub(raw: rawBlock([first]), rowCount: 1).payload)
  static let outcome = frame(.outcome, first)

  static func frame(_ type: FrameType, _ change: RowChange) -> Frame {
    Frame(type: type, payload: compressedBlock(raw: rawBlock([change])))
  }

  static func entry(_ position: UInt64 = 6, hasBlocks: Bool = true) -> Frame {
    var entry = GoldenSamples.entry(position, replica: 2, hasBlocks: hasBlocks)
    entry.contentHash = contentHash
    entry.seen = EntryKnowledge(upTo: LogPosition(position - 1))
    return Frame(type: .entry, payload: entry.payload)
  }

  static func delta(_ frames: [Frame], to: UInt64 = 6) -> [UInt8] {
    Streams.delta(
      DeltaHeader(
        generation: GoldenSamples.generation, from: LogPosition(5), to: LogPosition(to),
        receiver: ReplicaID(1)), frames)
  }

  static func wholeState(_ frames: [Frame], from: UInt64 = 0) -> [UInt8] {
    Streams.delta(
      DeltaHeader(
        generation: GoldenSamples.generation, from: LogPosition(from), to: LogPosition(6),
        receiver: .hub, isWholeState: true), frames)
  }

  @Test func anAuthorsHeaderComesWithItsBlocks() throws {
    let parts = try Streams.readDelta(
      Self.delta([Self.entry(), Self.head, Self.firstBlock, Self.secondBlock, Self.outcome]))
    guard case .changesetHeader(let header, let payload) = parts[2] else {
      Issue.record("no header")
      return
    }
    #expect(header == Self.author)
    #expect(payload == Self.author.payload)
  }

  @Test func whereTheHeaderBelongs() throws {
    let outcome = Self.outcome
    let own = Self.entry(7, hasBlocks: false)
    let blocks = [Self.firstBlock, Self.secondBlock]
    for right in [
      [Self.entry(), Self.head] + blocks + [own],
      [Self.entry(), Self.head, Self.firstStub, Self.secondBlock, outcome, own, outcome],
    ] {
      _ = try Streams.readDelta(Self.delta(right, to: 7))
    }
    let wrong: [[Frame]] = [
      [Self.entry()] + blocks + [own],
      [Self.entry(), own],
      [Self.entry(), outcome, own],
      [Self.entry(), Self.head, Self.head] + blocks + [own],
      [Self.entry()] + blocks + [Self.head, own],
      [Self.entry(), Self.head] + blocks + [own, Self.head],
      [Self.entry(), Self.head] + blocks + [own, Self.firstStub],
      [Self.entry(), Self.head] + blocks + [outcome, Self.firstStub, own],
      [Self.head, Self.entry()] + blocks + [own],
    ]
    for frames in wrong {
      #expect(throws: DeltaDecodingError.self) { try Streams.readDelta(Self.delta(frames, to: 7)) }
    }
  }

  /// Whoever passes a delta on can neither leave out, nor add, nor change a block.
  @Test func blocksAreHeldToTheEntrysHash() {
    let wrong: [[Frame]] = [
      [Self.entry(), Self.head],
      [Self.entry(), Self.head, Self.firstBlock],
      [Self.entry(), Self.head, Self.secondBlock, Self.firstBlock],
      [Self.entry(), Self.head, Self.firstBlock, Self.firstBlock],
      [Self.entry(), Self.head, Self.firstStub, Self.firstBlock, Self.secondBlock],
      [Self.entry(), Self.head, Self.firstStub, Self.outcome],
    ]
    for frames in wrong {
      #expect(throws: DeltaDecodingError.hashMismatch) {
        try Streams.readDelta(Self.delta(frames))
      }
    }
  }

  @Test func theFirstFormatHasNeitherHeadersNorStubs() {
    for frames in [
      [Self.entry(), Self.head, Self.firstBlock, Self.secondBlock],
      [Self.entry(), Self.firstBlock, Self.firstStub],
    ] {
      let header = DeltaHeader(
        formatVersion: 1, generation: GoldenSamples.generation, from: LogPosition(5),
        to: LogPosition(6), receiver: ReplicaID(1))
      #expect(throws: DeltaDecodingError.self) {
        try Streams.readDelta(Streams.delta(header, frames))
      }
    }
  }

  @Test func aWholeStateHasRowsAndConflictsOnly() throws {
    var generator = SeededGenerator(seed: 8)
    let conflicts = Frame(type: .ledger, payload: Conflict.payload(of: [generator.conflict()]))
    for right in [[], [Self.outcome], [conflicts], [Self.outcome, Self.outcome, conflicts]] {
      _ = try Streams.readDelta(Self.wholeState(right))
    }
    let deletion = Self.frame(.outcome, GoldenSamples.valuesBlocks[2][0])
    for wrong in [[Self.entry(1)], [deletion], [Self.firstBlock], [conflicts, Self.outcome]] {
      #expect(throws: DeltaDecodingError.self) { try Streams.readDelta(Self.wholeState(wrong)) }
    }
    #expect(throws: DeltaDecodingError.self) {
      try Streams.readDelta(Self.wholeState([Self.outcome], from: 5))
    }
  }

  @Test func versionsOfTheHeader() throws {
    let header = DeltaHeader(
      generation: GoldenSamples.generation, from: .start, to: LogPosition(6), receiver: .hub,
      isWholeState: true)
    #expect(try DeltaHeader(payload: header.payload) == header)
    var first = header
    first.formatVersion = 1
    first.isWholeState = false
    #expect(try DeltaHeader(payload: first.payload) == first)
    var second = header
    second.formatVersion = 2
    #expect(try DeltaHeader(payload: second.payload) == second)
    var fourth = header
    fourth.formatVersion = FormatVersion.withholdingDelta
    fourth.withheld = [TableID(2), TableID(7)]
    #expect(try DeltaHeader(payload: fourth.payload) == fourth)
    #expect(try DeltaHeader(payload: fourth.payload).withheld == fourth.withheld)
    for tables in [[TableID(7), TableID(2)], [TableID(2), TableID(2)]] {
      fourth.withheld = tables
      #expect(throws: DeltaDecodingError.self) { try DeltaHeader(payload: fourth.payload) }
    }
    // Only a whole state leaves tables out.
    fourth.withheld = [TableID(2)]
    fourth.isWholeState = false
    #expect(throws: DeltaDecodingError.self) { try DeltaHeader(payload: fourth.payload) }
    for version in [UInt8(0), 5] {
      #expect(throws: DeltaDecodingError.unsupportedFormat(UInt64(version))) {
        try DeltaHeader(payload: [version] + header.payload.dropFirst())
      }
    }
  }
}
