import Basics
import Deltas
import TestSupport
import Testing

@Suite struct StateDigestTests {
  static func digest(_ row: [Value]) -> RowDigest {
    var digester = RowDigester()
    for value in row { value.withView { digester.append($0) } }
    return digester.finishRow()
  }

  @Test func theBytesAreTheSpecifiedOnes() throws {
    let row: [Value] = [.null, .integer(-2), .real(1.0), .text("ab"), .blob([7])]
    let form = try #require(
      bytes(hexadecimal: "00" + "01feffffffffffffff" + "02000000000000f03f" + "03026162" + "040107")
    )
    let hash = ContentHash(of: form).description
    var state = StateDigest()
    state.add(Self.digest(row))
    #expect(state.description == hash.prefix(32))
    #expect(state.rowCount == 1)
  }

  @Test func aDigesterServesAgainAndLargeValuesMakeNoDifference() {
    var digester = RowDigester()
    for size in [0, 1, 1_000, 16_380, 16_384, 16_385, 100_000] {
      let row: [Value] = [
        .integer(1), .text([UInt8](repeating: 65, count: size)), .blob([1, 2]), .null,
      ]
      for value in row { value.withView { digester.append($0) } }
      var writer = ByteWriter()
      writer.write(1)
      writer.writeFixed(UInt64(1))
      writer.write(3)
      writer.writeLengthPrefixed([UInt8](repeating: 65, count: size))
      writer.write(contentsOf: [4, 2, 1, 2, 0])
      var state = StateDigest()
      state.add(digester.finishRow())
      #expect(state.description == ContentHash(of: writer.bytes).description.prefix(32))
    }
  }

  @Test func differentRowsHaveDifferentDigests() {
    var seen: Set<RowDigest> = []
    for first in EdgeValues.all {
      for second in EdgeValues.all { seen.insert(Self.digest([first, second])) }
    }
    for value in EdgeValues.all { seen.insert(Self.digest([value])) }
    #expect(seen.count == EdgeValues.all.count * (EdgeValues.all.count + 1))
  }

  @Test func theOrderOfRowsMakesNoDifference() {
    let rows = EdgeValues.all.map { Self.digest([$0]) }
    var forwards = StateDigest()
    var backwards = StateDigest()
    var halves = (StateDigest(), StateDigest())
    for row in rows { forwards.add(row) }
    for row in rows.reversed() { backwards.add(row) }
    for row in rows.prefix(40) { halves.0.add(row) }
    for row in rows.dropFirst(40) { halves.1.add(row) }
    halves.1.add(halves.0)
    #expect(forwards == backwards)
    #expect(forwards == halves.1)
    #expect(forwards.rowCount == rows.count)
  }

  @Test func theSumCarries() {
    var state = StateDigest()
    state.add(RowDigest(high: 1, low: .max))
    state.add(RowDigest(high: 1, low: 2))
    #expect(state == StateDigest(rowCount: 2, high: 3, low: 1))
    state.add(RowDigest(high: .max, low: 0))
    #expect(state.description == "00000000000000020000000000000001")
  }
}
