import Basics
import Deltas
import TestSupport
import Testing

/// What was once written is read for ever, and written again as it was.
@Suite struct GoldenTests {
  @Test(arguments: GoldenSamples.changesets.keys.sorted())
  func changesetsAreReadAndWrittenAsEver(name: String) throws {
    let sample = try #require(GoldenSamples.changesets[name])
    let written = Streams.changeset(sample.header, blocks: sample.blocks).bytes
    let golden = try GoldenFile.bytes(name, from: written)
    let read = try Streams.readChangeset(golden)
    #expect(read.header == sample.header)
    #expect(read.changes == sample.blocks.flatMap { $0 })
    #expect(try canonical(written) == canonical(golden))
    // Small blocks are not compressed: the whole stream is canonical.
    if name != "rows.changeset" { #expect(written == golden) }
  }

  @Test(arguments: GoldenSamples.deltas.keys.sorted())
  func deltasAreReadAndWrittenAsEver(name: String) throws {
    let sample = try #require(GoldenSamples.deltas[name])
    let golden = try GoldenFile.bytes(name, from: sample)
    #expect(DeltaStreamTests.written(try Streams.readDelta(golden)) == sample)
    #expect(try canonical(golden) == canonical(sample))
  }

  @Test(arguments: GoldenSamples.secondDeltas.keys.sorted())
  func deltasOfTheSecondFormatAreReadAndWrittenAsEver(name: String) throws {
    let sample = try #require(GoldenSamples.secondDeltas[name])
    let golden = try GoldenFile.bytes(name, version: 2, from: sample)
    #expect(DeltaStreamTests.written(try Streams.readDelta(golden)) == sample)
    #expect(try canonical(golden) == canonical(sample))
  }

  @Test(arguments: GoldenSamples.thirdChangesets.keys.sorted())
  func changesetsOfTheThirdFormatAreReadAndWrittenAsEver(name: String) throws {
    let sample = try #require(GoldenSamples.thirdChangesets[name])
    let written = Streams.changeset(sample.header, blocks: sample.blocks).bytes
    let golden = try GoldenFile.bytes(name, version: 3, from: written)
    let read = try Streams.readChangeset(golden)
    #expect(read.header == sample.header)
    #expect(read.changes == sample.blocks.flatMap { $0 })
    #expect(try canonical(written) == canonical(golden))
  }

  /// Changesets of which none has anything to say in the third format stay in the first, and those
  /// with an origin in the second.
  @Test func thePlainOnesStayInTheirFormats() {
    for sample in GoldenSamples.changesets.values { #expect(sample.header.payload[0] == 1) }
    for sample in GoldenSamples.thirdChangesets.values {
      #expect(sample.header.payload[0] == 3)
      var plain = sample.header
      plain.mayCount = false
      #expect(plain.payload[0] == (plain.origin == nil ? 1 : 2))
    }
  }

  @Test(arguments: GoldenSamples.thirdDeltas.keys.sorted())
  func deltasOfThirdChangesetsAreReadAndWrittenAsEver(name: String) throws {
    let sample = try #require(GoldenSamples.thirdDeltas[name])
    let golden = try GoldenFile.bytes(name, version: 3, from: sample)
    #expect(DeltaStreamTests.written(try Streams.readDelta(golden)) == sample)
    #expect(try canonical(golden) == canonical(sample))
  }

  /// The frames with what is compressed in them inflated: another release of Zstandard may compress
  /// otherwise, and nothing depends on how.
  private func canonical(_ stream: [UInt8]) throws -> [[UInt8]] {
    try Streams.frames(stream).map { frame in
      let isBlock = frame.type == .block || frame.type == .outcome
      return [frame.type.rawValue]
        + (isBlock ? try decompressedBlock(payload: frame.payload) : frame.payload)
    }
  }
}
