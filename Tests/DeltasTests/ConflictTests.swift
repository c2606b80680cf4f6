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
      conflict.columns = [ColumnID(3), ColumnID(4)]
      conflict.bases = [value, .null]
      for index in conflict.sides.indices { conflict.sides[index].values = [.null, value] }
      #expect(try Conflict.list(payload: Conflict.payload(of: [conflict])) == [conflict])
    }
  }

  @Test func fewerThanTwoValuesAreAnError() {
    var generator = SeededGenerator(seed: 1)
    var conflict = generator.conflict()
    conflict.sides = [conflict.sides[0]]
    #expect(throws: DeltaDecodingError.self) {
      try Conflict.list(payload: Conflict.payload(of: [conflict]))
    }
  }

  @Test func valuesStandBesideTheColumns() throws {
    var generator = SeededGenerator(seed: 2)
    var conflict = generator.conflict()
    conflict.columns = [ColumnID(3), ColumnID(7)]
    conflict.bases = [.integer(1), .text("before")]
    conflict.sides = [
      ConflictSide(dot: generator.dot(), milliseconds: 5, values: [.integer(1), .text("a")]),
      ConflictSide(dot: generator.dot(), milliseconds: 4, values: [.integer(1), .text("b")]),
    ]
    #expect(conflict.column == ColumnID(7), "The first on which they differ.")
    #expect(conflict.values.map(\.value) == [.text("a"), .text("b")])
    #expect(conflict.base == .text("before"))
    func isRefused(_ change: (inout Conflict) -> Void) -> Bool {
      var changed = conflict
      change(&changed)
      return (try? Conflict.list(payload: Conflict.payload(of: [changed]))) == nil
    }
    #expect(!isRefused { _ in })
    #expect(isRefused { $0.sides[1].values = [.integer(1)] })
    #expect(isRefused { $0.sides[1].values = [.integer(1), .null, .null] })
    #expect(isRefused { $0.columns = [ColumnID(7), ColumnID(3)] })
    #expect(isRefused { $0.columns = [ColumnID(3), ColumnID(3)] })
    conflict.columns = []
    conflict.bases = nil
    conflict.sides[0].values = []
    conflict.sides[1].values = nil
    #expect(!isRefused { _ in })
    #expect(isRefused { $0.bases = [.null] })
    #expect(isRefused { $0.sides[0].values = [.null, .null] })
  }

  /// As other versions wrote them: one column, no clocks.
  @Test func formerConflictsAreRead() throws {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<50 {
      let conflict = generator.formerConflict()
      let payload = Conflict.formerPayload(of: [conflict])
      #expect(try Conflict.list(formerPayload: payload) == [conflict])
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
