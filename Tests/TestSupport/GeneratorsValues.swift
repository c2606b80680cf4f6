package import Basics
package import Deltas

/// Values at the edges of what SQLite stores: where encodings and comparisons go wrong first.
package enum EdgeValues {
  package static let integers: [Int64] = [
    .min, .min + 1, -(1 << 53) - 1, -(1 << 53), -(1 << 32), -65_537, -65_536, -257, -256, -255,
    -129, -128, -65, -64, -2, -1, 0, 1, 2, 63, 64, 127, 128, 255, 256, 257, 65_535, 65_536, 1 << 32,
    (1 << 53) - 1, 1 << 53, (1 << 53) + 1, .max - 1, .max,
  ]

  /// As bit patterns: zeroes of both signs, subnormals, infinities, NaN with and without a payload.
  package static let realBits: [UInt64] =
    [
      0.0, -0.0, 1.0, -1.0, 0.1, -0.1, 1.5, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity,
      -.infinity, 0x1p53, 0x1p53 + 2, -0x1p53, 0x1p63, -0x1p63, 0x1p64, 255, 256,
    ].map(\.bitPattern) + [
      0x7ff8_0000_0000_0000, 0x7ff8_dead_beef_0001, 0xfff8_0000_0000_0000, 0x7ff0_0000_0000_0001,
    ]

  package static let texts: [[UInt8]] =
    [
      "", " ", "a", "a ", "A", "ab", "a\0b", "\0", "\0\0", "南山支行", "é", "e\u{301}", "😀",
      "0", "1", "-1", "1e3", String(repeating: "x", count: 127),
      String(repeating: "y", count: 128), String(repeating: "z", count: 300),
    ].map { Array($0.utf8) } + uuidLike.map { Array($0.utf8) } + [
      [0xff], [0xc3], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0x00, 0xff], [0xff, 0x00],
      [0xfe, 0x00, 0xff],
    ]

  /// UUIDs, and texts that are nearly one.
  package static let uuidLike = [
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "0f8fad5b-d9cb-469f-a165-70867728950e", "0F8FAD5B-D9CB-469F-A165-70867728950E",
    "0f8fad5b-d9cb-469f-a165-70867728950E", "0f8fad5bd9cb469fa16570867728950e",
    "0f8fad5b-d9cb-469f-a165-70867728950", "0f8fad5b-d9cb-469f-a165-70867728950e ",
    "{0f8fad5b-d9cb-469f-a165-70867728950e}", "0f8fad5b_d9cb_469f_a165_70867728950e",
    "0f8fad5b-d9cb-469f-a165-7086772895\0e", "0f8fad5g-d9cb-469f-a165-70867728950e",
    "0f8fad5b-d9c-b469f-a165-70867728950e", "@f8fad5b-d9cb-469f-a165-70867728950e",
    ":f8fad5b-d9cb-469f-a165-70867728950e", "`f8fad5b-d9cb-469f-a165-70867728950e",
    "é8fad5b-d9cb-469f-a165-70867728950e",
  ]

  package static let blobs: [[UInt8]] =
    [
      [], [0], [0, 0], [0xff], [0, 0xff], [0xff, 0], [1, 2, 3], [UInt8](repeating: 0, count: 200),
    ]
    + uuidLike.prefix(2).map { Array($0.utf8) }

  /// Every edge value but null.
  package static let nonNull: [Value] =
    integers.map(Value.integer) + realBits.map { .real(bits: $0) } + texts.map(Value.text)
    + blobs.map(Value.blob)

  package static let all: [Value] = [.null] + nonNull
}

extension SeededGenerator {
  /// A value as a database may hold it: edges as often as ordinary ones.
  package mutating func value() -> Value {
    chance(150) ? .null : keyValue()
  }

  /// A value that a key may hold: anything but null.
  package mutating func keyValue() -> Value {
    if chance(400) { return EdgeValues.nonNull[int(below: EdgeValues.nonNull.count)] }
    switch int(below: 6) {
    case 0: return .integer(Int64(int(below: 1_000)))
    case 1: return .integer(Int64(bitPattern: next()))
    case 2: return .real(bits: next())
    case 3: return .text(Array(uuid().utf8))
    case 4: return .text(bytes(countBelow: 40).map { $0 & 0x7f })
    default: return .blob(bytes(countBelow: 40))
    }
  }

  /// A number from 0 to below `bound`.
  package mutating func int(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  package mutating func bytes(countBelow bound: Int) -> [UInt8] {
    (0..<int(below: bound)).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// The text of a UUID in lower case.
  package mutating func uuid() -> String {
    var writer = ByteWriter()
    writer.writeBigEndian(next())
    writer.writeBigEndian(next())
    let digits = hexadecimal(writer.bytes)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(digit)
    }
    return text
  }
}
