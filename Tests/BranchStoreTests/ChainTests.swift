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

  @Test(arguments: 0...3)
  func whatTheHubHasNotIsChainedAnew(matchedCount: Int) throws {
    let before = try branch.store.outbox()
    let rows = try branch.outgoing()
    let parent =
      matchedCount > 0
      ? before[matchedCount - 1].contentHash : ContentHash(of: [7])
    try branch.run("INSERT INTO customer VALUES (9, 'captured', NULL)")
    try branch.store.adopt(
      replica: ReplicaID(5), branch: "copy (2)", matchedCount: matchedCount, parentHash: parent,
      wallMilliseconds: 5_000)
    let after = try branch.store.outbox()
    #expect(after.map(\.counter) == (1...UInt64(4 - matchedCount)).map { $0 })
    let headers = try headers()
    var previous = parent
    for (header, changeset) in zip(headers, after) {
      #expect(header.dot == Dot(replica: ReplicaID(5), counter: changeset.counter))
      #expect(header.timestamp.replica == ReplicaID(5))
      #expect(header.previous == previous)
      previous = changeset.contentHash
    }
    #expect(try branch.outgoing().dropLast() == rows.dropFirst(matchedCount))
    #expect(branch.store.identity.replica == ReplicaID(5))
    let reopened = try BranchStore(path: branch.path)
    #expect(reopened.identity == branch.store.identity)
    // What the hub has is kept until its place is known, and handed back if the hub loses it.
    let kept = try branch.store.tail(above: try branch.store.place()).ids
    #expect(
      try kept.map { try branch.store.tailEntry($0)?.contentHash }
        == before.prefix(matchedCount).map(\.contentHash))
    // The chain goes on.
    try branch.run("INSERT INTO customer VALUES (10, 'later', NULL)")
    try branch.seal()
    #expect(try self.headers().last?.previous == previous)
    #expect(try branch.store.confirmedHead().counter == 0)
  }

  @Test func anOutboxThatTheHubHasWholeLeavesAnEmptyChain() throws {
    let last = try #require(try branch.store.outbox().last)
    try branch.store.adopt(
      replica: ReplicaID(5), branch: "copy (2)", matchedCount: 3, parentHash: last.contentHash,
      wallMilliseconds: 5_000)
    #expect(try branch.store.outbox().isEmpty)
    let standing = try branch.store.standing()
    #expect(standing.sealedCounter == 0)
    #expect(standing.sealedHash == .zero)
    try branch.run("DELETE FROM customer")
    try branch.seal()
    #expect(try headers().map(\.previous) == [last.contentHash])
  }

  @Test func aPlaceThatIsRenamedRenamesWhatRefersToIt() throws {
    let before = try branch.store.outbox()
    let place = CausalContext(generation: GenerationID(high: 5, low: 5), position: .start)
    try branch.store.rename(place: place)
    #expect(try branch.store.place() == place)
    let headers = try headers()
    #expect(headers.allSatisfy { $0.context.generation == place.generation })
    #expect(headers.map(\.dot.counter) == [1, 2, 3])
    #expect(headers[0].previous == .zero)
    let after = try branch.store.outbox()
    #expect(headers.dropFirst().map(\.previous) == after.dropLast().map(\.contentHash))
    #expect(zip(before, after).allSatisfy { $0.contentHash != $1.contentHash })
    try branch.store.rename(place: place)
    #expect(try branch.store.outbox() == after)
  }

  @Test func aFileOfTheFirstFormatIsBroughtUp() throws {
    try branch.run(
      """
      DROP TABLE tributary_generation; DROP TABLE tributary_tail;
      DROP TABLE tributary_tail_piece; DROP TABLE tributary_tail_place;
      DROP TABLE tributary_notice; DROP TABLE tributary_gap;
      ALTER TABLE tributary_state DROP COLUMN place_generation;
      ALTER TABLE tributary_state DROP COLUMN log_hash;
      ALTER TABLE tributary_state DROP COLUMN durable;
      ALTER TABLE tributary_state DROP COLUMN backup_number;
      ALTER TABLE tributary_state DROP COLUMN noticed;
      ALTER TABLE tributary_outgoing DROP COLUMN floor;
      UPDATE tributary_state SET format = 1;
      """)
    let opened = try BranchStore(path: branch.path)
    #expect(
      try opened.place() == CausalContext(generation: TestBranch.generation, position: .start))
    #expect(try opened.outbox() == branch.store.outbox())
    #expect(try opened.status().tailEntryCount == 0)
    #expect(try opened.confirmedHead().counter == 0)
    try branch.run("UPDATE tributary_state SET format = 3")
    #expect(throws: BranchStoreError.unsupportedFormat(3)) {
      _ = try BranchStore(path: branch.path)
    }
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
