import Agent
import BranchStore
import Clocks
import Deltas
import Foundation
import HubStore
import Sessions
import Storage
import TestSupport
import Testing

/// Whole syncs of real files with a real hub, over a network that can do anything.
struct BranchEngineTests {
  private static let sql = "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, v BLOB)"
  private let world: AgentWorld

  init() throws { world = try AgentWorld(Self.sql) }

  /// Fills a table with bytes that do not compress.
  private func fill(_ branch: AgentBranch, rows: Int, bytes: Int) throws {
    try branch.run(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(rows))
        INSERT INTO item SELECT i, 'row ' || i, randomblob(\(bytes)) FROM n
      """)
  }

  @Test func fewChangesGoBothWaysInOneRoundTrip() throws {
    let a = try world.join("a")
    let b = try world.join("b")
    try a.run("INSERT INTO item VALUES (1, 'one', NULL), (2, 'two', x'00')")
    let pushed = try a.sync()
    #expect(pushed.outcome == .complete)
    #expect(pushed.pushed.changesets == 1)
    #expect(pushed.pushed.rows == 2)
    #expect(pushed.pulled.rows == 0)
    #expect(pushed.roundTrips == 1)
    #expect(pushed.clockOffsetMilliseconds == 50)
    try b.run("INSERT INTO item VALUES (3, 'three', NULL)")
    let both = try b.sync()
    #expect(both.pulled.rows == 2)
    #expect(both.pushed.rows == 1)
    #expect(both.roundTrips == 1)
    #expect(try a.sync().pulled.rows == 1)
    #expect(try expectSame(a, b))
    for _ in 0..<3 {
      #expect(try a.sync().pulled.rows == 0)
      #expect(try b.sync().pushed.rows == 0)
    }
    #expect(try a.store.status().lastCompleteMilliseconds != nil)
  }

  @Test func theSameCellAtTwoBranchesStandsAlikeEverywhere() throws {
    let a = try world.join("a")
    let b = try world.join("b")
    try a.run("INSERT INTO item VALUES (1, 'old', NULL), (2, 'x', NULL)")
    _ = try a.sync()
    _ = try b.sync()
    try a.run("UPDATE item SET name = 'from a' WHERE id = 1; DELETE FROM item WHERE id = 2")
    try b.run("UPDATE item SET name = 'from b' WHERE id = 1; UPDATE item SET v = 7 WHERE id = 2")
    var settled = 0
    for branch in [a, b, a] { settled += try branch.sync().conflictsSettled }
    #expect(settled == 4)
    #expect(try expectSame(a, b))
    #expect(try a.rows("SELECT id, v FROM item").count == 2)
    #expect(try a.store.ledger(openOnly: false) == b.store.ledger(openOnly: false))
    #expect(try a.store.ledger(openOnly: false).count == 2)
  }

  @Test func largeChangesetsAndDeltasTravelInPieces() throws {
    let a = try world.join("a")
    let b = try world.join("b")
    try fill(a, rows: 700, bytes: 5_000)
    let pushed = try a.sync()
    #expect(pushed.pushed.rows == 700)
    #expect(pushed.pushed.bytes > 3_000_000)
    let uploads = a.requests.count { if case .upload = $0 { true } else { false } }
    #expect(uploads >= 4)
    let pulled = try b.sync()
    #expect(pulled.pulled.rows == 700)
    let downloads = b.requests.count { if case .download = $0 { true } else { false } }
    #expect(downloads >= 2)
    #expect(try expectSame(a, b))
    #expect(try FileManager.default.contentsOfDirectory(atPath: b.staging).isEmpty)
  }

  @Test func anInterruptedTransferGoesOnWhereItStopped() throws {
    struct Death: Error {}
    let a = try world.join("a")
    let b = try world.join("b")
    try fill(a, rows: 700, bytes: 5_000)
    var answered = 0
    #expect(throws: Death.self) {
      _ = try a.sync { request, answer in
        answered += 1
        if answered == 4 { throw Death() }
        return answer()
      }
    }
    #expect(try a.sync().pushed.rows == 700)
    guard case .upload(let question) = a.requests[0], case .upload(let piece) = a.requests[1] else {
      throw CancellationError()
    }
    #expect(question.bytes.isEmpty)
    #expect(piece.offset > 1_000_000)

    answered = 0
    #expect(throws: Death.self) {
      _ = try b.sync { request, answer in
        answered += 1
        if answered == 3 { throw Death() }
        return answer()
      }
    }
    #expect(try b.rows("SELECT count(*) FROM item") == [[.integer(0)]])
    // The log grows meanwhile; the delta that was begun is ended first.
    try a.run("INSERT INTO item VALUES (9999, 'late', NULL)")
    _ = try a.sync()
    #expect(try b.sync().pulled.rows >= 700)
    let offsets = b.requests.compactMap { request -> Int? in
      if case .download(let download) = request { download.offset } else { nil }
    }
    #expect(offsets.first ?? 0 > 1_000_000)
    if try b.rows("SELECT count(*) FROM item") != [[.integer(701)]] { _ = try b.sync() }
    #expect(try expectSame(a, b))
  }

  @Test func lostAnswersCostNothingButTime() throws {
    let a = try world.join("a")
    let b = try world.join("b")
    for round in 0..<12 {
      try a.run(
        """
        INSERT INTO item VALUES (\(round), 'a', NULL);
        UPDATE item SET name = name || '\(round)' WHERE id = \(round / 2)
        """)
      try b.run("INSERT INTO item VALUES (\(100 + round), 'b', NULL)")
      var count = 0
      for branch in [a, b] {
        let report = try branch.sync { request, answer in
          count += 1
          // The request is lost, or its answer.
          if count % 3 == 1 { return nil }
          let response = answer()
          return count % 3 == 2 ? nil : response
        }
        #expect(report.outcome == .complete)
        #expect(!branch.waits.isEmpty)
      }
    }
    _ = try a.sync()
    _ = try b.sync()
    #expect(try expectSame(a, b))
    #expect(try a.rows("SELECT count(*) FROM item") == [[.integer(24)]])
    #expect(try a.store.ledger(openOnly: false).isEmpty)
    #expect(try world.hubStore.head() == LogPosition(24))
  }

  @Test func aHubThatIsAwayLosesNothing() throws {
    let a = try world.join("a")
    try a.run("INSERT INTO item VALUES (1, 'one', NULL)")
    let report = try a.sync { _, _ in nil }
    #expect(report.outcome == .unreachable)
    #expect(a.waits.count == SessionLimits.attemptsMax - 1)
    #expect(try a.store.status().pendingRowCount == 1)
    #expect(try a.store.status().lastCompleteMilliseconds == nil)
    #expect(try a.sync().pushed.rows == 1)
  }

  @Test func refusalsAreHandedOn() throws {
    let a = try world.join("a")
    try world.hubStore.revoke(name: "a")
    guard case .refused(let refusal) = try a.sync().outcome else { throw CancellationError() }
    #expect(refusal.code == .revoked)
  }

  @Test func aDamagedStagedDeltaIsSaidAndFetchedAnew() throws {
    let a = try world.join("a")
    let b = try world.join("b")
    try a.run("INSERT INTO item VALUES (1, 'one', NULL)")
    _ = try a.sync()
    #expect(throws: BranchStoreError.delta(.checksumMismatch)) {
      _ = try b.sync { _, answer in
        guard case .exchange(var response) = answer() else { throw CancellationError() }
        response.deltaBytes[response.deltaBytes.count / 2] ^= 1
        return .exchange(response)
      }
    }
    #expect(try b.rows("SELECT * FROM item").isEmpty)
    #expect(try b.store.position() == .start)
    #expect(try b.sync().pulled.rows == 1)
  }

  @Test func whatIsWrittenDuringASyncIsSentToo() throws {
    let a = try world.join("a")
    let b = try world.join("b")
    try b.run("INSERT INTO item VALUES (1, 'theirs', NULL)")
    _ = try b.sync()
    try a.run("INSERT INTO item VALUES (2, 'before', NULL)")
    var isFirst = true
    let report = try a.sync { _, answer in
      if isFirst { try a.run("INSERT INTO item VALUES (3, 'meanwhile', NULL)") }
      isFirst = false
      return answer()
    }
    #expect(report.pushed.rows == 2)
    _ = try b.sync()
    #expect(try expectSame(a, b))
  }

  @Test(arguments: 0..<24)
  func aCrashAtAnyStepIsMadeGood(crashAt: Int) throws {
    struct Crash: Error {}
    let a = try world.join("a")
    let b = try world.join("b")
    try a.run("INSERT INTO item VALUES (1, 'one', NULL), (2, 'two', NULL)")
    try b.run("INSERT INTO item VALUES (3, 'three', NULL)")
    var step = 0
    let onStep: (Database.Step) throws -> Void = { _ in
      step += 1
      if step == crashAt { throw Crash() }
    }
    for branch in [a, b, a] {
      branch.store.database.onStep = onStep
      do { _ = try branch.sync() } catch is Crash {
        branch.store.database.onStep = nil
        try branch.run("UPDATE item SET v = 'after' WHERE id = 1")
        _ = try branch.sync()
      }
    }
    for branch in [a, b] { branch.store.database.onStep = nil }
    for branch in [a, b, a] { _ = try branch.sync() }
    #expect(try expectSame(a, b))
    #expect(try a.rows("SELECT count(*) FROM item") == [[.integer(3)]])
    #expect(try a.store.ledger(openOnly: false).isEmpty)
  }
}
