import Basics
import Deltas
import TestSupport
import Testing

@Suite struct RowKeyTests {
  static let table = TableID(7)

  static func encoded(_ values: [Value]) -> [UInt8] {
    RowKey(table: table, values: values).encoded
  }

  @Test func everyEdgeValueComesBack() throws {
    for value in EdgeValues.nonNull {
      let key = RowKey(table: Self.table, values: [value])
      #expect(try RowKey(table: Self.table, encoded: key.encoded) == key)
    }
  }

  @Test func everyPairOfEdgeValuesComesBackAndIsTheOnlyOne() throws {
    var seen: [[UInt8]: [Value]] = [:]
    for first in EdgeValues.nonNull {
      for second in EdgeValues.nonNull {
        let key = RowKey(table: Self.table, values: [first, second])
        let bytes = key.encoded
        if let other = seen.updateValue(key.values, forKey: bytes) {
          Issue.record("\(key.values) and \(other) have one encoding")
        }
        if try RowKey(table: Self.table, encoded: bytes) != key { Issue.record("\(key.values)") }
      }
    }
    for value in EdgeValues.nonNull { #expect(seen[Self.encoded([value])] == nil) }
  }

  @Test(arguments: 0..<20) func randomKeysComeBack(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let values = (0..<1 + generator.int(below: 5)).map { _ in generator.keyValue() }
      let key = RowKey(table: Self.table, values: values)
      if try RowKey(table: Self.table, encoded: key.encoded) != key { Issue.record("\(values)") }
    }
  }

  /// Columns that hold one class sort as SQLite sorts them; UUIDs and other texts are two classes.
  @Test func bytesSortAsTheKeysDo() {
    let uuids = EdgeValues.texts.filter { Self.encoded([.text($0)]).count == 17 && $0.count == 36 }
    #expect(uuids.count == 3)
    let classes: [[Value]] = [
      EdgeValues.integers.map(Value.integer),
      EdgeValues.realBits.map { .real(bits: $0) }.filter { !isNaN($0) },
      EdgeValues.blobs.map(Value.blob), uuids.map(Value.text),
      EdgeValues.texts.filter { !uuids.contains($0) }.map(Value.text),
    ]
    for values in classes {
      for left in values {
        for right in values where Value.precedes(left, right) && !isZeroPair(left, right) {
          let plain = Self.encoded([left]).lexicographicallyPrecedes(Self.encoded([right]))
          let (first, second) = (
            Self.encoded([left, .integer(9)]), Self.encoded([right, .integer(1)])
          )
          if !plain || !first.lexicographicallyPrecedes(second) {
            Issue.record("\(left) \(right)")
          }
        }
      }
    }
  }

  private func isNaN(_ value: Value) -> Bool {
    if case .real(let bits) = value { return Double(bitPattern: bits).isNaN }
    return false
  }

  /// −0.0 and 0.0 are one number to SQLite and two values to us: either may come first.
  private func isZeroPair(_ left: Value, _ right: Value) -> Bool {
    [left, right].allSatisfy { $0 == .real(0.0) || $0 == .real(-0.0) }
  }

  @Test func theBytesAreTheSpecifiedOnes() {
    let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
    let cases: [([Value], String)] = [
      ([.integer(0)], "14"), ([.integer(1)], "1501"), ([.integer(255)], "15ff"),
      ([.integer(256)], "160100"), ([.integer(-1)], "13fe"), ([.integer(-255)], "1300"),
      ([.integer(-256)], "12feff"), ([.integer(.max)], "1c7fffffffffffffff"),
      ([.integer(.min)], "0c7fffffffffffffff"), ([.real(0.0)], "208000000000000000"),
      ([.real(-0.0)], "207fffffffffffffff"), ([.real(1.0)], "20bff0000000000000"),
      ([.text("")], "30"), ([.text("ab")], "306162"), ([.text("a\0")], "306100ff"),
      ([.blob([0, 0xff])], "3800ffff"), ([.text("a"), .text("b")], "3061003062"),
      ([.text("a\0"), .integer(0)], "306100ff0014"),
      ([.text(uuid), .integer(1)], "280f8fad5bd9cb469fa16570867728950e1501"),
    ]
    for (values, hex) in cases { #expect(hexadecimal(Self.encoded(values)) == hex) }
  }

  @Test(arguments: [
    "", "00", "01", "ff", "1500", "16", "160001", "16 01", "12ff00", "13ff", "1c8000000000000000",
    "0c7ffffffffffffffe", "20", "2080000000000000", "28", "280f8fad5bd9cb469fa165708677289500",
    "306100", "3000", "14ff", "2a", "30610015", "3061003000",
    "3030663866616435622d643963622d343639662d613136352d373038363737323839353065",
  ])
  func otherBytesAreRefused(hex: String) throws {
    let encoded = bytes(hexadecimal: hex) ?? [0x16, 0x01]
    // One of the list is right by its form: a UUID of these 16 bytes.
    guard hex != "280f8fad5bd9cb469fa165708677289500" else {
      let key = try RowKey(table: Self.table, encoded: encoded)
      #expect(key.encoded == encoded)
      return
    }
    #expect(throws: DeltaDecodingError.self) {
      try RowKey(table: Self.table, encoded: encoded)
    }
  }

  /// All inputs of up to two bytes and many of three: an error, or the only spelling.
  @Test func noKeyHasASecondSpelling() {
    var inputs: [[UInt8]] = []
    for first in UInt8.min...(.max) {
      inputs.append([first])
      for second in UInt8.min...(.max) { inputs.append([first, second]) }
    }
    for first in [0x12, 0x13, 0x14, 0x15, 0x16, 0x30, 0x38] as [UInt8] {
      for second in UInt8.min...(.max) {
        for third in [0x00, 0x01, 0x13, 0x14, 0x15, 0x30, 0xfe, 0xff] as [UInt8] {
          inputs += [[first, second, third], [first, second, third, 0x14]]
        }
      }
    }
    for input in inputs {
      guard let key = try? RowKey(table: Self.table, encoded: input) else { continue }
      if key.encoded != input { Issue.record("\(input) is read as \(key.values)") }
    }
  }

  @Test func limitsHold() {
    let long = Self.encoded([.blob([UInt8](repeating: 1, count: DeltaLimits.keyBytesMax))])
    #expect(throws: DeltaDecodingError.tooLarge(what: "key in bytes", limit: 1 << 16)) {
      try RowKey(table: Self.table, encoded: long)
    }
    let wide = [UInt8](repeating: 0x14, count: DeltaLimits.keyColumnsMax + 1)
    #expect(throws: DeltaDecodingError.tooLarge(what: "number of key columns", limit: 64)) {
      try RowKey(table: Self.table, encoded: wide)
    }
  }

  /// A null never travels in a key, but a store can still name such a row.
  @Test func aNullIsWrittenAndNotRead() {
    var encoder = KeyEncoder()
    encoder.append(.null)
    encoder.append(.integer(1))
    #expect(encoder.bytes == [0x01, 0x15, 0x01])
    #expect(throws: DeltaDecodingError.self) {
      try RowKey(table: Self.table, encoded: encoder.bytes)
    }
  }
}
