import Deltas
import Testing

@testable import TributaryCommand

struct KeyArgumentTests {
  private static func table(_ affinities: [Affinity]) -> TableSchema {
    let columns = affinities.enumerated().map { index, affinity in
      ColumnSchema(
        id: ColumnID(UInt16(index + 1)), name: "k\(index)", declaredType: "", affinity: affinity,
        isNotNull: true, collation: "BINARY")
    }
    return TableSchema(
      id: TableID(1), name: "t", columns: columns, keyColumns: columns.map(\.id),
      isWithoutRowID: false, isStrict: false, createSQL: "")
  }

  @Test func theColumnSaysWhatAKeyIs() throws {
    #expect(try KeyArgument.read("17", for: Self.table([.integer])).values == [.integer(17)])
    #expect(try KeyArgument.read("17", for: Self.table([.text])).values == [.text("17")])
    #expect(try KeyArgument.read("1e3", for: Self.table([.numeric])).values == [.integer(1000)])
    #expect(try KeyArgument.read("2", for: Self.table([.real])).values == [.real(2)])
    #expect(try KeyArgument.read("x'00FF'", for: Self.table([.blob])).values == [.blob([0, 255])])
    #expect(try KeyArgument.read("NS 1 ", for: Self.table([.integer])).values == [.text("NS 1 ")])
  }

  @Test func emptyAndNegativeKeysAreTaken() throws {
    #expect(try KeyArgument.read("", for: Self.table([.text])).values == [.text("")])
    #expect(try KeyArgument.read("-5", for: Self.table([.integer])).values == [.integer(-5)])
  }

  @Test func compositeKeysAreJSONArrays() throws {
    let table = Self.table([.integer, .text])
    let key = try KeyArgument.read("[10248, \"A\"]", for: table)
    #expect(key.values == [.integer(10248), .text("A")])
    #expect(KeyArgument.text(key.values) == "[10248, \"A\"]")
    #expect(
      try KeyArgument.read("[\"10248\", 7]", for: table).values == [.integer(10248), .text("7")])
    for wrong in ["10248", "[1]", "[1,2,3]", "{}", "[1, null]", "[1, [2]]"] {
      #expect(throws: CommandFailure.self) { try KeyArgument.read(wrong, for: table) }
    }
  }
}
