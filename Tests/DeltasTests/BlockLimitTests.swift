import Basics
import Deltas
import TestSupport
import Testing

/// Few bytes that claim much.
@Suite struct BlockLimitTests {
  static func raw(_ build: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(contentsOf: [1, 1])
    build(&writer)
    return writer.bytes
  }

  @Test func manyRowsInFewBytesAreRefused() {
    let raw = Self.raw { writer in
      writer.writeVarint(0)
      writer.writeVarint(1)
      writer.writeVarint(65_536)
      writer.write(1)
      writer.writeVarint(65_536)
    }
    #expect(raw.count == 11)
    #expect(throws: DeltaDecodingError.malformed("a block is cut short")) {
      try BlockReader(raw: raw)
    }
  }

  @Test func moreRowsThanAllowedAreRefused() {
    let raw =
      Self.raw { writer in
        writer.writeVarint(0)
        writer.writeVarint(1)
        writer.writeVarint(65_537)
      } + [UInt8](repeating: 0, count: 70_000)
    #expect(throws: DeltaDecodingError.tooLarge(what: "number of rows in a block", limit: 65_536)) {
      try BlockReader(raw: raw)
    }
  }

  @Test func moreCellsThanAllowedAreRefused() {
    let raw =
      Self.raw { writer in
        writer.writeVarint(2_000)
        for _ in 0..<2_000 { writer.writeVarint(1) }
        writer.writeVarint(1)
        writer.writeVarint(65_536)
      } + [UInt8](repeating: 0, count: 70_000)
    #expect(
      throws: DeltaDecodingError.tooLarge(what: "number of values in a block", limit: 1 << 22)
    ) { try BlockReader(raw: raw) }
  }

  @Test func moreColumnsThanAllowedAreRefused() {
    let raw = Self.raw { $0.writeVarint(2_001) }
    #expect(throws: DeltaDecodingError.tooLarge(what: "number of columns", limit: 2_000)) {
      try BlockReader(raw: raw)
    }
  }

  @Test func aLongKeyIsRefused() throws {
    func deletion(_ values: [Value]) -> [UInt8] {
      rawBlock([
        RowChange(
          key: RowKey(table: TableID(1), values: values), kind: .delete, columns: [], values: [],
          milliseconds: 0, base: nil)
      ])
    }
    let limit = DeltaLimits.keyBytesMax
    _ = try BlockReader(raw: deletion([.blob([UInt8](repeating: 1, count: limit - 1))]))
    #expect(throws: DeltaDecodingError.tooLarge(what: "key in bytes", limit: limit)) {
      try BlockReader(raw: deletion([.blob([UInt8](repeating: 1, count: limit))]))
    }
    // Within the limit as it is, and beyond it once its zeroes are escaped.
    #expect(throws: DeltaDecodingError.tooLarge(what: "key in bytes", limit: limit)) {
      try BlockReader(raw: deletion([.blob([UInt8](repeating: 0, count: limit / 2))]))
    }
    let half = Value.text([UInt8](repeating: 65, count: limit / 2))
    #expect(throws: DeltaDecodingError.tooLarge(what: "key in bytes", limit: limit)) {
      try BlockReader(raw: deletion([half, half]))
    }
  }

  @Test func aLongValueIsRefused() {
    let raw = bytes(hexadecimal: "0101010101010101020001000301")! + [0x81, 0x80, 0x80, 0x10]
    #expect(
      throws: DeltaDecodingError.tooLarge(what: "value in bytes", limit: DeltaLimits.valueBytesMax)
    ) { try BlockReader(raw: raw) }
  }

  @Test func aBlockThatClaimsToInflateFurtherIsRefused() {
    var writer = ByteWriter()
    writer.writeVarint(DeltaLimits.blockRawBytesMax + 1)
    #expect(throws: DeltaDecodingError.tooLarge(what: "block in bytes", limit: 40 << 20)) {
      try decompressedBlock(payload: writer.bytes)
    }
  }

  @Test func aBombBehindAnHonestLengthIsRefused() {
    let zeroes = [UInt8](repeating: 0, count: 50 << 20)
    var writer = ByteWriter()
    writer.writeVarint(100_000)
    writer.write(contentsOf: Compression.compress(zeroes))
    #expect(throws: DeltaDecodingError.self) { try decompressedBlock(payload: writer.bytes) }
  }
}
