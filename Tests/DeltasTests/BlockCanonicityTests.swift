import Basics
import Deltas
import TestSupport
import Testing

/// Bytes that are nearly a block.
@Suite struct BlockCanonicityTests {
  /// Whatever is done to a block's bytes: an error, or a block that has just these bytes.
  static func check(_ raw: [UInt8], _ what: String) {
    guard let reader = try? BlockReader(raw: raw) else { return }
    if rawBlock(reader.rowChanges) != raw { Issue.record("\(what): \(hexadecimal(raw))") }
  }

  @Test(arguments: 0..<6) func everyFlippedBitIsAnErrorOrAnotherBlock(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for block in generator.blocks(count: 3, rowsBelow: 6, mayCount: true) {
      let raw = rawBlock(block)
      for bit in 0..<raw.count * 8 {
        var flipped = raw
        flipped[bit / 8] ^= 1 << (bit % 8)
        Self.check(flipped, "bit \(bit)")
      }
    }
  }

  @Test(arguments: 0..<6) func everyTruncationIsAnError(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for block in generator.blocks(count: 3, rowsBelow: 6, mayCount: true) {
      let raw = rawBlock(block)
      for count in 0..<raw.count {
        #expect(throws: DeltaDecodingError.self) { try BlockReader(raw: Array(raw.prefix(count))) }
      }
      #expect(throws: DeltaDecodingError.self) { try BlockReader(raw: raw + [0]) }
    }
  }

  @Test(arguments: 0..<20) func randomEditsAreErrorsOrOtherBlocks(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for block in generator.blocks(count: 5, rowsBelow: 6, mayCount: true) {
      let raw = rawBlock(block)
      for _ in 0..<300 {
        var edited = raw
        for _ in 0..<1 + generator.int(below: 3) {
          let place = generator.int(below: edited.count)
          switch generator.int(below: 4) {
          case 0: edited[place] = UInt8(truncatingIfNeeded: generator.next())
          case 1: edited.insert(UInt8(truncatingIfNeeded: generator.next() & 7), at: place)
          case 2 where edited.count > 1: edited.remove(at: place)
          default: edited[place] = [0x00, 0x01, 0x7f, 0x80, 0xff][generator.int(below: 5)]
          }
        }
        Self.check(edited, "seed \(seed)")
      }
    }
  }

  @Test func randomBytesAreErrors() {
    var generator = SeededGenerator(seed: 99)
    for _ in 0..<20_000 {
      var raw = generator.bytes(countBelow: 40)
      if raw.count > 6 {
        raw.replaceSubrange(0..<3, with: [1, UInt8(1 + generator.int(below: 4)), 0])
      }
      Self.check(raw, "random")
    }
  }

  static let second: [(String, hex: String)] = [
    // table 1, insert, column 1, one key column, …
    ("right", "01 01 01 01 01 01  01 01 02  00  01 00  00 01"),
    ("table 0", "00 01 01 01 01 01  01 01 02  00  01 00  00 01"),
    ("table 65536", "80 80 04 01 01 01 01 01  01 01 02  00  01 00  00 01"),
    ("long table", "81 00 01 01 01 01 01  01 01 02  00  01 00  00 01"),
    ("kind 0", "01 00 01 01 01 01  01 01 02  00  01 00  00 01"),
    ("kind 5", "01 05 01 01 01 01  01 01 02  00  01 00  00 01"),
    ("a deletion with a column", "01 03 01 01 01 01  01 01 02  00  01 00  00 01"),
    ("an update without", "01 02 00 01 01  01 01 02  00  01 00"),
    ("column 0", "01 01 01 00 01 01  01 01 02  00  01 00  00 01"),
    ("column 65536", "01 01 01 80 80 04 01 01  01 01 02  00  01 00  00 01"),
    ("a column twice", "01 01 02 01 00 01 01  01 01 02  00  01 00  00 01 00 01"),
    ("no key columns", "01 01 01 01 00 01  00  01 00  00 01"),
    ("65 key columns", "01 01 01 01 41 01  01 01 02  00  01 00  00 01"),
    ("no rows", "01 01 01 01 01 00"),
    ("a null key", "01 01 01 01 01 01  00 01  00  01 00  00 01"),
    ("class 6", "01 01 01 01 01 01  06 01 02  00  01 00  00 01"),
    ("an empty run", "01 01 01 01 01 01  01 00 01 01 02  00  01 00  00 01"),
    ("a run too long", "01 01 01 01 01 01  01 02 02  00  01 00  00 01"),
    ("a run in two parts", "01 01 01 01 01 02  01 01 01 01 02 02  00 00  02 00  00 02"),
    ("bases in two parts", "01 01 01 01 01 02  01 02 02 02  00 00  01 00 01 00  00 02"),
    ("an empty run of bases", "01 01 01 01 01 01  01 01 02  00  00 01 01 00  00 01"),
    ("bases too long", "01 01 01 01 01 01  01 01 02  00  02 00  00 01"),
    (
      "an impossible base",
      "01 01 01 01 01 01  01 01 02  00  01 82 80 80 80 80 80 80 80 40  00 01"
    ),
    ("a long integer", "01 01 01 01 01 01  01 01 82 00  00  01 00  00 01"),
    ("a long time", "01 01 01 01 01 01  01 01 02  80 00  01 00  00 01"),
    ("bytes after the end", "01 01 01 01 01 01  01 01 02  00  01 00  00 01 00"),
    ("a length beyond the end", "01 01 01 01 01 01  01 01 02  00  01 00  03 01 05 61"),
    (
      "a UUID as text",
      "01 01 01 01 01 01  01 01 02  00  01 00  03 01 24 30663866616435622d643963622d343639662d"
        + "613136352d373038363737323839353065"
    ),
  ]

  @Test(arguments: second.indices) func nearlyRightBytesAreRefused(index: Int) throws {
    let (name, hex) = Self.second[index]
    let raw = try #require(bytes(hexadecimal: hex.filter { $0 != " " }))
    if name == "right" {
      #expect(try BlockReader(raw: raw).rowCount == 1)
    } else {
      #expect(throws: DeltaDecodingError.self, "\(name)") { try BlockReader(raw: raw) }
    }
  }

  static let counted: [(String, hex: String)] = [
    // table 1, counted update, columns 1 and 3, counted column 3, one key column, one row, …
    ("right", "01 04 02 01 02 01 03 01 01  01 01 02  00  01 00  00 01  01 01 04  01 01 02"),
    ("nothing counted", "01 04 02 01 02 00 01 01  01 01 02  00  01 00  00 01  01 01 04"),
    (
      "another counted",
      "01 04 02 01 02 01 02 01 01  01 01 02  00  01 00  00 01  01 01 04  01 01 02"
    ),
    (
      "more counted",
      "01 04 02 01 02 03 01 02 01 01 01  01 01 02  00  01 00  00 01 01 01 04 00 01 01 01 02 00 01"
    ),
    ("counted twice", "01 04 01 03 02 03 00 01 01  01 01 02  00  01 00  01 01 04  01 01 02 00 01"),
    ("no columns", "01 04 00 00 01 01  01 01 02  00  01 00"),
    ("nothing before", "01 04 02 01 02 01 03 01 01  01 01 02  00  01 00  00 01  01 01 04"),
    ("an update", "01 02 02 01 02 01 03 01 01  01 01 02  00  01 00  00 01  01 01 04  01 01 02"),
  ]

  @Test(arguments: counted.indices) func nearlyRightCountedUpdatesAreRefused(index: Int) throws {
    let (name, hex) = Self.counted[index]
    let raw = try #require(bytes(hexadecimal: hex.filter { $0 != " " }))
    guard name == "right" else {
      #expect(throws: DeltaDecodingError.self, "\(name)") { try BlockReader(raw: raw) }
      return
    }
    let change = try BlockReader(raw: raw).rowChange(0)
    #expect(change.kind == .update)
    #expect(change.columns == [ColumnID(1), ColumnID(3)])
    #expect(change.values == [.null, .integer(2)])
    #expect(change.previous == [nil, .integer(1)])
  }

  /// A text in upper case, or a blob of the same characters, is not a UUID and stays what it is.
  @Test func onlyThatTextIsPacked() throws {
    let uuid = Array("0f8fad5b-d9cb-469f-a165-70867728950e".utf8)
    for value in EdgeValues.uuidLike.map({ Value.text($0) }) + [.blob(uuid)] {
      let change = RowChange(
        key: RowKey(table: TableID(1), values: [value]), kind: .delete, columns: [], values: [],
        milliseconds: 0, base: nil)
      let raw = rawBlock([change])
      #expect(try BlockReader(raw: raw).rowChange(0) == change)
      let isPacked = raw.contains(5)
      #expect(isPacked == (raw.count < 30), "\(value)")
    }
  }
}
