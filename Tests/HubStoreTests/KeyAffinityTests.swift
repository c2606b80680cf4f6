import Basics
import Clocks
import Deltas
import Storage
import TestSupport
import Testing

@testable import HubStore

/// Keys off the wire that are not what their columns would store.
@Suite struct KeyAffinityTests {
  private static let texts = [
    "", " ", "17", " 17 ", "+17", "-17", "+-1", "1.5", "1.", ".5", ".", "-.5e1", "1e3", "1e",
    "1e+", "1e+2", "1e+2x", "e5", "0x10", "17x", "1 7", "\t1\n", "9223372036854775808",
    "99999999999999999999", "1_000", "nan", "inf", "\u{00a0}1", "Ada", "1\u{0}",
  ]
  private static let values: [Value] =
    texts.map { .text($0) } + [
      .integer(0), .integer(17), .integer(.min), .integer(.max), .real(17), .real(1.5), .real(-0.0),
      .real(0x1p53), .real(0x1p62), .real(0x1p63), .real(-0x1p63), .real(1e300), .blob([0x31]),
      .blob([]),
    ]

  /// SQLite itself is asked what each column makes of each value.
  @Test(arguments: [
    ("TEXT", Affinity.text), ("NUMERIC", .numeric), ("INTEGER", .integer), ("REAL", .real),
    ("BLOB", .blob),
  ])
  func agreesWithSQLite(type: String, affinity: Affinity) throws {
    let folder = try TemporaryFolder()
    let database = try Database(path: folder.path("a.db"), mode: .create)
    try database.execute("CREATE TABLE t (a \(type))")
    for value in Self.values {
      try database.execute("DELETE FROM t")
      try database.execute("INSERT INTO t VALUES (?)", [value])
      let stored = try #require(try database.firstRow("SELECT a FROM t")?.first)
      // A real column gives back the number that it was given, however it keeps it.
      let keeps = value.withView { KeyAffinity.affinity(affinity).keeps($0) }
      #expect(keeps == (stored == value), "\(type) \(value) \(stored)")
    }
  }

  @Test func aRowIDIsAnInteger() throws {
    let customer = try #require(SampleSchema.schema.table(SampleSchema.customer))
    let list = KeyAffinity.list(of: customer)
    #expect(list.count == 1)
    for value in Self.values + [.null] {
      let isInteger = if case .integer = value { true } else { false }
      #expect(value.withView { list[0].keeps($0) } == isInteger)
    }
    let membership = try #require(SampleSchema.schema.table(SampleSchema.membership))
    #expect(KeyAffinity.list(of: membership).count == 2)
  }

  @Test func aTextThatIsAnotherRowsNumberIsRefused() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    a.write([.insertCustomer(17, "Ada", at: 100)])
    try hub.store.sync(&a)
    let keys: [RowKey] = [
      RowKey(table: SampleSchema.customer, values: [.text("17")]),
      RowKey(table: SampleSchema.customer, values: [.real(17)]),
      RowKey(table: SampleSchema.membership, values: [.text("17"), .text("chess")]),
      RowKey(table: SampleSchema.membership, values: [.integer(17), .integer(1)]),
      RowKey(table: SampleSchema.voucher, values: [.integer(1)]),
    ]
    for key in keys {
      var b = hub.branch(2)
      b.seal([.delete(key, at: 200)])
      #expect(throws: HubStoreError.self) { try hub.store.push(b) }
    }
    #expect(try hub.tables() == a.rows)
    #expect(try hub.store.head() == LogPosition(1))
  }
}
