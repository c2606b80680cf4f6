import Basics
import Clocks
import Deltas
import TestSupport
import Testing

@Suite struct ConflictTests {
  @Test(arguments: 0..<20) func conflictsComeBack(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let conflicts = (0..<generator.int(below: 5)).map { _ in generator.conflict() }
    let payload = Conflict.payload(of: conflicts)
    #expect(try Conflict.list(payload: payload) == conflicts)
    #expect(Conflict.payload(of: try Conflict.list(payload: payload)) == payload)
  }

  @Test func everyEdgeValueComesBack() throws {
    var generator = SeededGenerator(seed: 1)
    for value in EdgeValues.all {
      var conflict = generator.conflict()
      conflict.base = value
      conflict.values[1].value = value
      #expect(try Conflict.list(payload: Conflict.payload(of: [conflict])) == [conflict])
    }
  }

  @Test func fewerThanTwoValuesAreAnError() {
    var generator = SeededGenerator(seed: 1)
    var conflict = generator.conflict()
    conflict.values = [conflict.values[0]]
    #expect(throws: DeltaDecodingError.self) {
      try Conflict.list(payload: Conflict.payload(of: [conflict]))
    }
  }

  @Test func manyInFewBytesAreAnError() {
    var writer = ByteWriter()
    writer.writeVarint(DeltaLimits.conflictsPerFrameMax)
    #expect(throws: DeltaDecodingError.self) { try Conflict.list(payload: writer.bytes) }
    writer.writeVarint(DeltaLimits.conflictsPerFrameMax + 1)
    #expect(throws: DeltaDecodingError.tooLarge(what: "number of conflicts", limit: 1 << 16)) {
      try Conflict.list(payload: Array(writer.bytes.dropFirst(3)))
    }
  }

  @Test(arguments: 0..<10) func everyTruncationIsAnError(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let payload = Conflict.payload(of: [generator.conflict(), generator.conflict()])
    for count in 0..<payload.count {
      #expect(throws: DeltaDecodingError.self) {
        try Conflict.list(payload: Array(payload.prefix(count)))
      }
    }
    #expect(throws: DeltaDecodingError.self) { try Conflict.list(payload: payload + [0]) }
  }
}
