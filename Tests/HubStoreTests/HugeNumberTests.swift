import Basics
import Clocks
import Deltas
import HubStore
import TestSupport
import Testing

/// Numbers that no honest branch sends: gaps, positions ahead of the log, counters at the end of
/// counting. None of them is taken, and none is in the way of what comes next.
@Suite struct HugeNumberTests {
  private static let largest = DeltaLimits.ordinalMax

  private func stream(
    counter: UInt64, position: UInt64, previous: ContentHash = .zero, schema: Schema
  ) -> [UInt8] {
    let header = ChangesetHeader(
      dot: Dot(replica: ReplicaID(1), counter: counter), previous: previous,
      context: CausalContext(
        generation: TestHub.generation, position: LogPosition(position)),
      timestamp: HybridTimestamp(milliseconds: .max, counter: .max, replica: ReplicaID(1)),
      schemaFingerprint: schema.fingerprint, isBaseline: false)
    return Streams.changeset(header, blocks: [[.insertCustomer(1, "Ada", at: .max)]]).bytes
  }

  private func contact(_ branch: ImitatedBranch) -> Contact {
    Contact(
      replica: branch.replica, integrated: branch.integrated, clockOffsetMilliseconds: 0,
      receivedMilliseconds: TestHub.now)
  }

  private static let claims: [(counter: UInt64, position: UInt64)] = [
    (2, 0), (1_000_000, 0), (largest, 0), (1, 1), (1, largest), (largest, largest),
  ]

  @Test(arguments: claims)
  func gapsAndPositionsAheadAreRefused(counter: UInt64, position: UInt64) throws {
    let hub = try TestHub()
    let bytes = stream(counter: counter, position: position, schema: hub.store.schema)
    #expect(throws: HubStoreError.self) {
      try hub.store.accept([.inline(bytes)], from: contact(hub.branch(1)))
    }
    #expect(try hub.store.head() == .start)
    // An honest changeset of the same branch is taken all the same.
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100)])
    try hub.store.push(a)
    #expect(try hub.store.head() == LogPosition(1))
  }

  @Test func beyondTheLargestNumberNothingIsRead() throws {
    let hub = try TestHub()
    let beyond: [(UInt64, UInt64)] = [(Self.largest + 1, 0), (.max, 0), (1, Self.largest + 1)]
    for (counter, position) in beyond {
      let bytes = stream(counter: counter, position: position, schema: hub.store.schema)
      #expect(throws: DeltaDecodingError.self) { try Streams.readChangeset(bytes) }
      #expect(throws: HubStoreError.self) {
        try hub.store.accept([.inline(bytes)], from: contact(hub.branch(1)))
      }
    }
    #expect(try hub.store.head() == .start)
  }

  /// Times at both ends of what a number holds overflow nothing, and do not win for ever.
  @Test func timesAtTheEndsOfCountingAreTaken() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write([.insertCustomer(1, "Ada", at: .max)])
    try hub.store.sync(&a, offset: .max)
    try hub.store.sync(&b)
    b.write([.insertCustomer(1, "Bea", at: .min)])
    try hub.store.sync(&b, offset: .min, at: TestHub.now + 1)
    try hub.store.sync(&a, at: TestHub.now + 2)
    #expect(a.rows == b.rows)
    #expect(try hub.tables() == a.rows)
    #expect(a.rows.values.contains { $0.values.contains(.text("Bea")) })
  }
}
