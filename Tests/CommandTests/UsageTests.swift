import Foundation
import TestSupport
import Testing

@testable import TributaryCommand

struct UsageTests {
  @Test(arguments: [
    ["no-such-command"], ["join"], ["join", "a.db"], ["sync"], ["sync", "a.db", "b.db"],
    ["sync", "a.db", "--wait", "soon"], ["status", "a.db", "--yaml"], ["agent"],
    ["hub", "serve", "hub", "--listen", "no where"], ["hub", "serve", "hub", "--listen", "h:x"],
    ["hub", "invite", "hub"], ["hub", "invite", "hub", "--branch", "A", "--ttl", "1w"],
    ["hub", "serve", "hub", "--keep-history", "soon"],
    ["hub", "serve", "hub", "--history-size", "0"], ["history", "hub", "t"],
    ["history", "hub", "t", "1", "--as-of", "then"], ["history", "hub", "t", "1", "--limit", "0"],
    ["hub", "vector", "hub", "--at", "-1"], ["conflicts", "a.db", "settle", "1"],
    ["conflicts", "a.db", "--take", "A"], ["conflicts", "a.db", "resolve", "1"],
    ["conflicts", "a.db", "resolve", "x", "--undo"], ["conflicts", "a.db", "resolve", "--undo"],
    ["conflicts", "a.db", "resolve", "1", "--undo", "--null"], ["conflicts", "a.db", "show"],
    ["conflicts", "a.db", "--column", "c"], ["join", "a.db", "t", "--keys", "mine"],
    ["hub", "salvage", "hub", "replay"], ["hub", "salvage", "hub", "list", "A"],
    ["hub", "salvage", "hub", "eat", "A"], ["completion", "csh"], ["hub", "explode"],
  ])
  func wrongUsageExits64(arguments: [String]) async throws {
    let folder = try TemporaryFolder()
    let result = try await Program.run(arguments, in: folder.url)
    #expect(result.status == 64, "\(result)")
    #expect(result.output.isEmpty)
    #expect(!result.errors.isEmpty)
  }

  /// Empty keys and negative ones: there is no hub, and nothing is wrong with the words.
  @Test(arguments: [
    ["conflicts", "hub", "--table", "t", "--key", "-5"],
    ["conflicts", "hub", "--table", "t", "--key", ""],
    ["conflicts", "hub", "--table", "t", "--key=-5"], ["why", "hub", "t", "--", "-5"],
    ["why", "hub", "t", ""], ["history", "hub", "t", "--", "-5"], ["history", "hub", "t", ""],
    ["quarantine", "hub", "retry", "t", "--", "-5"], ["quarantine", "hub", "retry", "t", ""],
  ])
  func anyKeyIsTaken(arguments: [String]) async throws {
    let folder = try TemporaryFolder()
    let result = try await Program.run(arguments, in: folder.url)
    #expect(result.status != 64, "\(result)")
    #expect(result.status != 0)
  }

  @Test(arguments: [
    ["join", "a.db", "token", "--keys", "own"], ["join", "a.db", "token"],
  ])
  func whatIsNoTokenLeavesNothingBehind(arguments: [String]) async throws {
    let folder = try TemporaryFolder()
    let result = try await Program.run(arguments, in: folder.url)
    expectFailure(result, .tokenMalformed)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }

  @Test(arguments: [
    ["sync", "none.db"], ["status", "none.db"], ["conflicts", "none"], ["verify", "none.db"],
    ["digest", "none"], ["doctor", "none"], ["leave", "none.db"], ["agent", "none.db"],
    ["why", "none", "t", "1"], ["sync", "plain.db"], ["status", "plain.db", "--json"],
    ["leave", "plain.db"], ["digest", "text.db"], ["sync", "text.db"],
  ])
  func whatIsNoBranchIsCalledSo(arguments: [String]) async throws {
    let folder = try TemporaryFolder()
    try DemoBranch.makeDatabase(path: folder.path("plain.db"))
    try Data("this is text".utf8).write(to: folder.url.appendingPathComponent("text.db"))
    let before = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
    let result = try await Program.run(arguments, in: folder.url)
    expectFailure(result, .notABranch)
    let after = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
    #expect(before == after)
  }

  @Test(arguments: [
    ["hub", "serve", "."], ["hub", "invite", "none", "--branch", "A"], ["hub", "branches", "."],
    ["hub", "revoke", "none", "A"], ["hub", "backup", "none", "b"],
    ["hub", "retire", "none", "A"], ["hub", "salvage", ".", "list"], ["hub", "losses", "."],
    ["hub", "vector", "."], ["history", ".", "t", "1"],
    ["digest", "."], ["conflicts", "."],
  ])
  func whatIsNoHubIsCalledSo(arguments: [String]) async throws {
    let folder = try TemporaryFolder()
    expectFailure(try await Program.run(arguments, in: folder.url), .notAHub)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }

  @Test func colorsAreForTerminalsOnly() async throws {
    let result = try await Program.run(["sync", "none.db"])
    #expect(!result.errors.contains("\u{1b}"))
  }
}
