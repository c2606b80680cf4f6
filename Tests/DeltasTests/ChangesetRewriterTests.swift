import Basics
import Clocks
import Deltas
import TestSupport
import Testing

@Suite struct ChangesetRewriterTests {
  static let dot = Dot(replica: ReplicaID(9), counter: 4)
  static let previous = ContentHash(of: [1])

  /// A changeset's stream in which a stub stands for the second block.
  static func withStub(_ stream: [UInt8], _ blocks: [[RowChange]]) throws -> [UInt8] {
    var frames = try Streams.frames(stream)
    let stub = BlockStub(raw: rawBlock(blocks[1]), rowCount: blocks[1].count)
    frames[2] = Frame(type: .stub, payload: stub.payload)
    return frames.flatMap(\.encoded)
  }

  @Test(arguments: 0..<20) func theChangesAreTheSame(seed: UInt64) throws {
    let (bytes, header, blocks) = ChangesetStreamTests.sample(seed)
    let (stream, trailer) = try ChangesetRewriter.rechained(
      bytes, hash: ContentHash(of: [9]), dot: Self.dot, previous: Self.previous)
    let read = try Streams.readChangeset(stream)
    var expected = header
    expected.dot = Self.dot
    expected.previous = Self.previous
    expected.timestamp = HybridTimestamp(
      milliseconds: header.timestamp.milliseconds, counter: header.timestamp.counter,
      replica: Self.dot.replica)
    expected.origin = ContentHash(of: [9])
    #expect(read.header == expected)
    #expect(read.changes == blocks.flatMap { $0 })
    #expect(read.trailer == trailer)
    #expect(stream == Streams.changeset(expected, blocks: blocks).bytes)
  }

  @Test func theContextCanBeAnother() throws {
    let context = CausalContext(generation: GoldenSamples.generation, position: LogPosition(77))
    let (stream, _) = try ChangesetRewriter.rechained(
      ChangesetStreamTests.sample(1).bytes, hash: .zero, dot: Self.dot, previous: .zero,
      context: context)
    #expect(try Streams.readChangeset(stream).header.context == context)
  }

  /// What was sealed first stays known, however often the chain changes.
  @Test func theOriginStays() throws {
    let bytes = ChangesetStreamTests.sample(5).bytes
    let first = try Streams.readChangeset(bytes).trailer.contentHash
    let once = try ChangesetRewriter.rechained(
      bytes, hash: first, dot: Self.dot, previous: Self.previous)
    let twice = try ChangesetRewriter.rechained(
      once.stream, hash: once.trailer.contentHash, dot: Self.dot, previous: .zero)
    #expect(try Streams.readChangeset(twice.stream).header.origin == first)
    #expect(once.trailer.contentHash != first)
  }

  @Test func goldenBytesOfARechainedChangeset() throws {
    let original = Streams.changeset(
      GoldenSamples.header(counter: 12, isBaseline: false), blocks: GoldenSamples.rowsBlocks)
    let bytes = try ChangesetRewriter.rechained(
      original.bytes, hash: ContentHash(of: [1, 2]), dot: Self.dot, previous: Self.previous
    ).stream
    #expect(try GoldenFile.bytes("rechained.changeset", version: 2, from: bytes) == bytes)
  }

  @Test func aStubCountsLikeItsBlock() throws {
    let (bytes, header, blocks) = ChangesetStreamTests.sample(2)
    let stubbed = try Self.withStub(bytes, blocks)
    let read = try Streams.readChangeset(stubbed, allowsStubs: true)
    #expect(read.header == header)
    #expect(read.changes == blocks[0] + blocks[2])
    #expect(read.stubs == [BlockStub(raw: rawBlock(blocks[1]), rowCount: blocks[1].count)])
    #expect(read.trailer == (try Streams.readChangeset(bytes)).trailer)
    #expect(throws: DeltaDecodingError.self) { try Streams.readChangeset(stubbed) }
    let whole = try ChangesetRewriter.rechained(
      bytes, hash: .zero, dot: Self.dot, previous: Self.previous)
    let part = try ChangesetRewriter.rechained(
      stubbed, hash: .zero, dot: Self.dot, previous: Self.previous)
    #expect(part.trailer == whole.trailer)
  }

  @Test func aStubOfAnotherBlockIsAnError() throws {
    let (bytes, _, blocks) = ChangesetStreamTests.sample(3)
    var frames = try Streams.frames(bytes)
    for stub in [
      BlockStub(rowCount: blocks[1].count, hash: .zero),
      BlockStub(raw: rawBlock(blocks[1]), rowCount: blocks[1].count + 1),
    ] {
      frames[2] = Frame(type: .stub, payload: stub.payload)
      #expect(throws: DeltaDecodingError.self) {
        try Streams.readChangeset(frames.flatMap(\.encoded), allowsStubs: true)
      }
    }
    for rowCount in [0, DeltaLimits.blockRowsMax + 1] {
      let stub = BlockStub(rowCount: rowCount, hash: .zero)
      #expect(throws: DeltaDecodingError.self) { try BlockStub(payload: stub.payload) }
    }
  }

  @Test func aDamagedStreamIsNotRewritten() throws {
    let bytes = ChangesetStreamTests.sample(4).bytes
    for count in 0..<bytes.count {
      #expect(throws: DeltaDecodingError.self) {
        try ChangesetRewriter.rechained(
          Array(bytes.prefix(count)), hash: .zero, dot: Self.dot, previous: Self.previous)
      }
    }
  }
}
