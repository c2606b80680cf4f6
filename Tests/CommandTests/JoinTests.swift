import Clocks
import Deltas
import Foundation
import Sessions
import Storage
import TestSupport
import Testing
import Transport

@testable import TributaryCommand

struct JoinTests {
  private static func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// Joins `file` with `token`, expects the failure, and that nothing came of it.
  private static func expectUntouched(
    _ office: Office, _ file: String, _ token: String, _ code: ErrorCode, _ more: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let existed = FileManager.default.fileExists(atPath: office.path(file))
    let before = existed ? try bytes(office.path(file)) : nil
    let result = try await Program.run(["join", file, token] + more, in: office.folder.url)
    expectFailure(result, code, sourceLocation: sourceLocation)
    let after = existed ? try bytes(office.path(file)) : nil
    #expect(before == after, sourceLocation: sourceLocation)
    #expect(
      FileManager.default.fileExists(atPath: office.path(file)) == existed,
      sourceLocation: sourceLocation)
    #expect(
      !FileManager.default.fileExists(atPath: office.path(file) + "-tributary"),
      sourceLocation: sourceLocation)
  }

  // MARK: Tokens

  @Test func aTokenMustBeWholeKnownUnusedAndFresh() async throws {
    let office = try await Office()
    try await office.serve()
    let good = try await office.invite("南山支行")
    try await Self.expectUntouched(office, "shop.db", "rubbish", .tokenMalformed)
    try await Self.expectUntouched(office, "shop.db", String(good.dropLast(3)), .tokenMalformed)

    try office.write("hub/hub.db", "UPDATE tributary_token SET expires = 1")
    try await Self.expectUntouched(office, "shop.db", good, .tokenExpired)
    try await Self.expectUntouched(office, "new.db", good, .tokenExpired, "--dry-run")
    try office.write("hub/hub.db", "DELETE FROM tributary_token")
    try await Self.expectUntouched(office, "shop.db", good, .tokenUnknown)

    let once = try await office.invite("罗湖支行")
    #expect(try await office.run("join", "luohu.db", once).status == 0)
    try await Self.expectUntouched(office, "shop.db", once, .tokenUsed)
  }

  @Test func aTokenShowsOnlyWhatComparingNeeds() async throws {
    let office = try await Office()
    try await office.serve()
    let preview = try await HubPreview(try Token(text: try await office.invite("A")))
    guard case .description = try await preview.send(.describe) else {
      Issue.record("The hub did not describe itself.")
      return
    }
    for request in [
      HubRequest.awaitNews(after: .start),
      .explain(ExplainRequest(table: TableID(1), key: [])),
    ] {
      guard case .refused(let refusal) = try await preview.send(request) else {
        Issue.record("\(request) was answered.")
        return
      }
      #expect(refusal.code == .notAllowed)
    }
    await preview.close()
  }

  @Test func nobodyElseIsTakenForTheHub() async throws {
    let office = try await Office()
    try await office.serve()
    let token = try await office.invite("南山支行")
    #expect(await office.stopServing() == 0)
    try await Self.expectUntouched(office, "shop.db", token, .hubUnreachable)

    let address = String(office.url.dropFirst("https://".count))
    #expect(try await office.run("hub", "init", "other", "--like", "shop.db").status == 0)
    try await office.serve("other", at: address)
    try await Self.expectUntouched(office, "shop.db", token, .untrustedHub)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
  func aSignInPageIsNotAHub() async throws {
    let office = try await Office()
    try await office.serve()
    let token = try await office.invite("南山支行")
    #expect(await office.stopServing() == 0)
    let page = Process()
    page.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    page.arguments = [
      "s_server", "-accept", String(office.url.dropFirst("https://".count)), "-www", "-cert",
      office.path("hub/pki/server.pem"), "-key", office.path("hub/pki/server.key"),
    ]
    let output = Pipe()
    page.standardOutput = output
    page.standardError = FileHandle.nullDevice
    page.standardInput = FileHandle.nullDevice
    try page.run()
    defer { page.terminate() }
    // It says ACCEPT once it listens.
    _ = output.fileHandleForReading.availableData
    try await Self.expectUntouched(office, "shop.db", token, .notHubAnswer)
  }

  // MARK: Files

  @Test func onlyAnUnjoinedDatabaseJoins() async throws {
    let office = try await Office()
    try await office.serve()
    let token = try await office.invite("南山支行")
    try Data("no database, but long enough to be read as one, surely".utf8)
      .write(to: office.folder.url.appendingPathComponent("text.db"))
    try await Self.expectUntouched(office, "text.db", token, .notADatabase)
    try await Self.expectUntouched(office, "no/such/folder/new.db", token, .cannotOpen)
    expectFailure(try await office.run("join", "hub", token), .notADatabase)

    #expect(try await office.run("join", "shop.db", token).status == 0)
    expectFailure(
      try await office.run("join", "shop.db", try await office.invite("B")), .alreadyJoined)
  }

  @Test func aLockedDatabaseIsNotWaitedForForever() async throws {
    let office = try await Office()
    try await office.serve()
    let token = try await office.invite("南山支行")
    let other = try Database(path: office.path("shop.db"), mode: .readWrite)
    try other.execute("BEGIN IMMEDIATE")
    try await Self.expectUntouched(office, "shop.db", token, .locked, "--wait", "1s")
    try other.execute("ROLLBACK")
    #expect(try await office.run("join", "shop.db", token).status == 0)
  }

  @Test(.enabled(if: geteuid() != 0))
  func aReadOnlyDatabaseIsLeftAlone() async throws {
    let office = try await Office()
    try await office.serve()
    let token = try await office.invite("南山支行")
    chmod(office.path("shop.db"), 0o444)
    try await Self.expectUntouched(office, "shop.db", token, .readOnly)
  }

  @Test func theTablesMustFit() async throws {
    let office = try await Office()
    try await office.serve()
    let token = try await office.invite("南山支行")
    try office.write("shop.db", "ALTER TABLE customer DROP COLUMN note; DROP TABLE visit")
    let result = try await office.run("join", "shop.db", token, "--dry-run")
    expectFailure(result, .schemaMismatch)
    #expect(result.errors.contains("“note”"))
    #expect(result.errors.contains("“visit”"))
    try await Self.expectUntouched(office, "shop.db", token, .schemaMismatch)
  }

  // MARK: Rows

  @Test func aRehearsalChangesNothing() async throws {
    let office = try await Office()
    try await office.serve()
    let token = try await office.invite("南山支行")
    let before = try Self.bytes(office.path("shop.db"))
    try office.write("shop.db", "CREATE TABLE log (line TEXT); CREATE TABLE own (k PRIMARY KEY)")
    let changed = try Self.bytes(office.path("shop.db"))
    let result = try await office.run("join", "shop.db", token, "--dry-run", "--json")
    #expect(result.status == 0)
    #expect(result.json?["wouldJoin"] as? Bool == true)
    let tables = try #require(result.json?["tables"] as? [[String: Any]])
    let customer = try #require(tables.first { $0["name"] as? String == "customer" })
    #expect(customer["rowsHere"] as? Int == 48)
    #expect(customer["onlyHere"] as? Int == 48)
    #expect(customer["rowsAtHub"] as? Int == 0)
    let skipped = try #require(result.json?["skipped"] as? [[String: String]])
    #expect(Set(skipped.compactMap { $0["table"] }) == ["log", "own"])
    #expect(before != changed)
    #expect(try Self.bytes(office.path("shop.db")) == changed)

    let new = try await office.run("join", "new.db", token, "--dry-run")
    #expect(new.status == 0)
    #expect(!FileManager.default.fileExists(atPath: office.path("new.db")))
    // The token is still good.
    #expect(try await office.run("join", "shop.db", token).status == 0)
  }

  @Test func identicalRowsAreNotSentAgain() async throws {
    let office = try await Office()
    try FileManager.default.copyItem(
      atPath: office.path("shop.db"), toPath: office.path("copy.db"))
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    let result = try await office.run("join", "copy.db", try await office.invite("B"), "--json")
    #expect(result.status == 0)
    let sync = try #require(result.json?["sync"] as? [String: Any])
    #expect((sync["pushed"] as? [String: Int])?["rows"] == 0)
    #expect(try await office.run("conflicts", "hub").output == "No conflicts.\n")
    #expect(try await office.digest("copy.db") == office.digest("hub"))
  }

  @Test func clashingRowsStopTheJoinUntilTheyAreExplained() async throws {
    let office = try await Office()
    try FileManager.default.copyItem(
      atPath: office.path("shop.db"), toPath: office.path("other.db"))
    try office.write(
      "other.db",
      """
      UPDATE customer SET name = 'Another' WHERE customer_id IN ('NS-0001', 'NS-0017');
      UPDATE contact SET role = 'Guard' WHERE customer_id = 'LH-0001' AND number = 2
      """)
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    let token = try await office.invite("罗湖支行")

    let rehearsal = try await office.run("join", "other.db", token, "--dry-run", "--json")
    #expect(rehearsal.status == 1)
    #expect(rehearsal.json?["wouldJoin"] as? Bool == false)
    try await Self.expectUntouched(office, "other.db", token, .keysClash)
    let stopped = try await office.run("join", "other.db", token)
    #expect(stopped.errors.contains("3 rows here"))
    #expect(stopped.errors.contains("customer: NS-0001, NS-0017"))
    #expect(stopped.errors.contains("contact: [\"LH-0001\", 2]"))

    // The same token, with the answer.
    let joined = try await office.run("join", "other.db", token, "--keys", "same", "--json")
    #expect(joined.status == 0, "\(joined)")
    #expect(try await office.digest("other.db") == office.digest("hub"))
    let ledger = try await office.run("conflicts", "other.db", "--json")
    #expect((ledger.json?["conflicts"] as? [Any])?.count == 3)
    let rows = try Database(path: office.path("other.db"), mode: .readOnly)
      .rows("SELECT count(*) FROM customer WHERE name = 'Another'")
    #expect(rows == [[.integer(0)]])
  }

  @Test func aJoinThatStoppedAfterEnrollingGoesOn() async throws {
    let office = try await Office()
    try await office.serve()
    let token = try await office.invite("南山支行")
    // The device enrols, and dies before the database is attached.
    let folder = BranchFolder(database: office.path("shop.db"))
    _ = try await PendingEnrolment(enrolling: try Token(text: token), in: folder)
    #expect(try await office.run("hub", "branches", "hub").output.contains("南山支行"))
    let result = try await office.run("join", "shop.db", token)
    #expect(result.status == 0, "\(result)")
    #expect(!FileManager.default.fileExists(atPath: folder.enrolment))
    // And an enrolment whose answer was lost: the same key is sent again.
    let second = try await office.invite("罗湖支行")
    let other = BranchFolder(database: office.path("new.db"))
    _ = try await PendingEnrolment(enrolling: try Token(text: second), in: other)
    let kept = try #require(try other.read(other.enrolment, bytesMax: .max))
    try other.write(Array(kept.prefix(32)), to: other.enrolment)
    let again = try await office.run("join", "new.db", second)
    #expect(again.status == 0, "\(again)")
    #expect(try await office.digest("new.db") == office.digest("hub"))
  }
}
