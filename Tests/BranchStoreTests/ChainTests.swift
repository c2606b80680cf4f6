import Basics
import BranchStore
import Clocks
import Deltas
import Storage
import TestSupport
import Testing

/// A copy writes its outbox anew as the beginning of a chain of its own.
struct ChainTests {
  private static let customers =
    "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, phone TEXT)"
  private let branch: TestBranch

  init() throws {
    branch = try TestBranch(Self.customers)
    for number in 1...3 {
      try branch.run("INSERT INTO customer VALUES (\(number), 'n\(number)', NULL)")
      try branch.seal()
    }
  }

  private func headers() throws -> [ChangesetHeader] {
    try branch.streams().map { try Streams.readChangeset($0).header }
  }

  @Test func theOutboxIsChainedAnewAndNamesItsOrigins() throws {
    let before = try branch.store.outbox()
    let rows = try branch.outgoing()
    let parent = ContentHash(of: [7])
    try branch.run("INSERT INTO customer VALUES (9, 'captured', NULL)")
    try branch.store.adopt(
      replica: ReplicaID(5), branch: "copy (2)", parentHash: parent, wallMilliseconds: 5_000)
    let after = try branch.store.outbox()
    #expect(after.map(\.counter) == [1, 2, 3, 4])
    let headers = try headers()
    var previous = parent
    for (header, changeset) in zip(headers, after) {
      #expect(header.dot == Dot(replica: ReplicaID(5), counter: changeset.counter))
      #expect(header.timestamp.replica == ReplicaID(5))
      #expect(header.previous == previous)
      previous = changeset.contentHash
    }
    #expect(headers.prefix(3).map(\.origin) == before.map(\.contentHash))
    #expect(try branch.outgoing().dropLast() == rows[...])
    #expect(branch.store.identity.replica == ReplicaID(5))
    #expect(try BranchStore(path: branch.path).identity == branch.store.identity)
    // Nothing of it is in the log, but what it continues is.
    #expect(try branch.store.confirmedHead() == (0, parent))
    #expect(try branch.store.notices().count == 1)
    // The copy of a copy, and then the chain goes on.
    try branch.store.adopt(
      replica: ReplicaID(6), branch: "copy (3)", parentHash: .zero, wallMilliseconds: 5_000)
    #expect(try self.headers().prefix(3).map(\.origin) == before.map(\.contentHash))
    try branch.run("INSERT INTO customer VALUES (10, 'later', NULL)")
    try branch.seal()
    let last = try branch.store.outbox().dropLast().last?.contentHash
    #expect(try self.headers().last?.previous == last)
    #expect(try self.headers().last?.origin == nil)
  }

  @Test func aBranchWithoutAnOutboxBeginsAnEmptyChain() throws {
    let branch = try TestBranch("CREATE TABLE customer(id INTEGER PRIMARY KEY)")
    let parent = ContentHash(of: [7])
    try branch.store.adopt(
      replica: ReplicaID(5), branch: "copy (2)", parentHash: parent, wallMilliseconds: 5_000)
    let standing = try branch.store.standing()
    #expect(standing.sealedCounter == 0)
    #expect(standing.sealedHash == .zero)
    #expect(try branch.store.confirmedHead() == (0, parent))
    try branch.run("INSERT INTO customer VALUES (1)")
    try branch.seal()
    let stream = try #require(try branch.streams().first)
    #expect(try Streams.readChangeset(stream).header.previous == parent)
  }

  @Test func whatTheLogHasUnderItsOriginStaysUntilItsOwnNameIsAccepted() throws {
    var hub = RelayHub(generation: TestBranch.generation)
    let original = try branch.streams()
    for stream in original { try hub.accept(stream) }
    try branch.store.adopt(
      replica: ReplicaID(5), branch: "copy (2)", parentHash: hub.entries[2].hash,
      wallMilliseconds: 5_000)
    try hub.write(
      [
        RowChange(
          key: RowKey(table: TableID(1), values: [.integer(2)]), kind: .update,
          columns: [ColumnID(2)], values: [.text("theirs")], milliseconds: 1, base: nil)
      ], by: ReplicaID(2), fingerprint: branch.schema.fingerprint)
    try branch.pull(hub)
    // Its chain would have a gap; but nothing waits for it.
    let outbox = try branch.store.outbox()
    #expect(outbox.map(\.isLogged) == [true, true, true])
    #expect(try branch.store.deferredRows().isEmpty)
    let names = try branch.rows("SELECT name FROM customer ORDER BY id").map(\.[0].brief)
    #expect(names == ["'n1'", "'theirs'", "'n3'"])
    let accepted = outbox.map { changeset in
      ExchangeFacts.Accepted(
        counter: changeset.counter, contentHash: changeset.contentHash,
        position: LogPosition(changeset.counter))
    }
    try branch.pull(hub, accepted: accepted)
    #expect(try branch.store.outbox().isEmpty)
    #expect(try branch.rows("SELECT id FROM customer").count == 3)
    // The tail has it as the log has it.
    let listing = try branch.store.tail(above: hub.canonical(.start))
    #expect(listing.isComplete)
    #expect(
      try listing.ids.map { try branch.store.tailEntry($0)?.contentHash }
        == hub.entries.map(\.hash))
  }

  /// Handed back first, a header of its own would have a predecessor that the hub does not know.
  @Test func theTailHasOnlyTheHeaderThatTheLogHas() throws {
    var hub = RelayHub(generation: TestBranch.generation)
    for stream in try branch.streams() { try hub.accept(stream) }
    try branch.store.adopt(
      replica: ReplicaID(5), branch: "copy (2)", parentHash: .zero, wallMilliseconds: 5_000)
    let accepted = try branch.store.outbox().map { changeset in
      ExchangeFacts.Accepted(
        counter: changeset.counter, contentHash: changeset.contentHash,
        position: LogPosition(changeset.counter))
    }
    #expect(accepted.map(\.contentHash) != hub.entries.map(\.hash))
    try branch.pull(hub, accepted: accepted)
    #expect(try branch.store.outbox().isEmpty)
    let kept = try branch.store.tail(above: hub.canonical(.start)).ids
      .compactMap { try branch.store.tailEntry($0)?.contentHash }
    #expect(kept == hub.entries.map(\.hash))
  }

  @Test func aPlaceThatIsRenamedRenamesWhatRefersToIt() throws {
    let before = try branch.store.outbox()
    let place = CausalContext(generation: GenerationID(high: 5, low: 5), position: .start)
    try branch.store.noteHandedBack(to: place.generation, place: place)
    #expect(try branch.store.place() == place)
    let headers = try headers()
    #expect(headers.allSatisfy { $0.context.generation == place.generation })
    #expect(headers.map(\.dot.counter) == [1, 2, 3])
    #expect(headers[0].previous == .zero)
    let after = try branch.store.outbox()
    #expect(headers.dropFirst().map(\.previous) == after.dropLast().map(\.contentHash))
    #expect(zip(before, after).allSatisfy { $0.contentHash != $1.contentHash })
    try branch.store.noteHandedBack(to: place.generation, place: place)
    #expect(try branch.store.outbox() == after)
  }

  private let dropFourthFormat = """
    DROP TABLE tributary_untracked; DROP TABLE tributary_carried; DROP TABLE tributary_missed;
    ALTER TABLE tributary_schema DROP COLUMN told;
    ALTER TABLE tributary_schema DROP COLUMN placed;
    ALTER TABLE tributary_schema DROP COLUMN edition;
    """

  @Test func aFileOfTheFirstFormatIsBroughtUp() throws {
    try branch.run(
      """
      \(dropFourthFormat)
      DROP TABLE tributary_generation; DROP TABLE tributary_tail;
      DROP TABLE tributary_tail_piece; DROP TABLE tributary_tail_place;
      DROP TABLE tributary_notice; DROP TABLE tributary_gap; DROP TABLE tributary_policy;
      ALTER TABLE tributary_state DROP COLUMN place_generation;
      ALTER TABLE tributary_state DROP COLUMN log_hash;
      ALTER TABLE tributary_state DROP COLUMN durable;
      ALTER TABLE tributary_state DROP COLUMN backup_number;
      ALTER TABLE tributary_state DROP COLUMN noticed;
      ALTER TABLE tributary_state DROP COLUMN handed_to;
      ALTER TABLE tributary_state DROP COLUMN wants_all;
      ALTER TABLE tributary_outgoing DROP COLUMN floor;
      ALTER TABLE tributary_outgoing DROP COLUMN origin;
      ALTER TABLE tributary_outgoing DROP COLUMN is_logged;
      UPDATE tributary_state SET format = 1;
      """)
    let opened = try BranchStore(path: branch.path)
    #expect(
      try opened.place() == CausalContext(generation: TestBranch.generation, position: .start))
    #expect(try opened.outbox() == branch.store.outbox())
    #expect(try opened.status().tailEntryCount == 0)
    #expect(try opened.confirmedHead().counter == 0)
    #expect(try opened.policy().version == 0)
    try branch.run("UPDATE tributary_state SET format = 5")
    #expect(throws: BranchStoreError.unsupportedFormat(5)) {
      _ = try BranchStore(path: branch.path)
    }
  }

  @Test func aFileOfTheSecondFormatIsBroughtUp() throws {
    try branch.run(
      "\(dropFourthFormat) DROP TABLE tributary_policy; UPDATE tributary_state SET format = 2")
    let opened = try BranchStore(path: branch.path)
    #expect(try opened.policy().version == 0)
    #expect(try branch.rows("SELECT format FROM tributary_state") == [[.integer(4)]])
    #expect(try opened.outbox() == branch.store.outbox())
  }

  @Test func noticesAreStoredOnceWhateverTheirNumbers() throws {
    func exchange(_ notices: [BranchNotice]) throws -> [BranchNotice] {
      var facts = ExchangeFacts(
        accepted: [], generation: TestBranch.generation, from: .start, to: .start,
        vectorDifference: [], names: [:], clockOffsetMilliseconds: 0,
        timestamp: HybridTimestamp(milliseconds: 0, counter: 0, replica: .hub))
      facts.notices = notices
      return try branch.store.apply(facts, delta: nil, wallMilliseconds: 1).notices
    }
    let first = BranchNotice(number: 4, milliseconds: 10, text: "copied")
    #expect(try exchange([first]) == [first])
    #expect(try branch.store.standing().noticed == 4)
    #expect(try exchange([first]).isEmpty)
    let again = BranchNotice(number: 6, milliseconds: 10, text: "copied")
    #expect(try exchange([again]).isEmpty)
    #expect(try branch.store.notices() == [first])
    #expect(try branch.store.standing().noticed == 6)
  }
}
