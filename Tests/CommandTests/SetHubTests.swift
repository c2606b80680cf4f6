import Foundation
import TestSupport
import Testing

@testable import TributaryCommand

/// A hub moves to another address, and its branches are told.
struct SetHubTests {
  @Test func aBranchFollowsItsHubToAnotherAddress() async throws {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "Shop")
    let before = office.url
    _ = await office.stopServing()
    try await office.serve()
    #expect(office.url != before)
    expectFailure(try await office.run("sync", "shop.db"), .hubUnreachable)
    let moved = try await office.run("set-hub", "shop.db", office.url, "--json")
    #expect(moved.status == 0, "\(moved)")
    #expect(moved.json?["hub"] as? String == office.url)
    #expect(moved.json?["branch"] as? String == "Shop")
    try office.write("shop.db", "UPDATE customer SET phone = '1'")
    let synced = try await office.run("sync", "shop.db")
    #expect(synced.status == 0, "\(synced)")
    #expect(try await office.digest("shop.db") == office.digest("hub"))
  }

  @Test func nobodyButItsOwnHubWillDo() async throws {
    let office = try await Office()
    let other = try await office.run("hub", "init", "other", "--like", "shop.db")
    #expect(other.status == 0, "\(other)")
    try await office.serve()
    try await office.join("shop.db", as: "Shop")
    let own = office.url
    _ = await office.stopServing()
    expectFailure(try await office.run("set-hub", "shop.db", own), .hubUnreachable)
    try await office.serve("other")
    expectFailure(try await office.run("set-hub", "shop.db", office.url), .untrustedHub)
    let status = try await office.run("status", "shop.db", "--json")
    #expect(status.json?["hub"] as? String == own)
    expectFailure(try await office.run("set-hub", "none.db", office.url), .notABranch)
    let wrong = try await office.run("set-hub", "shop.db", "hub.example.com")
    #expect(wrong.status == 64)
  }

  @Test func aHubIsServedUnderOneMoreName() async throws {
    let office = try await Office()
    expectFailure(
      try await office.run("hub", "serve", "hub", "--host", "no name"), .badHostName)
    let hub = try Program.start(
      ["hub", "serve", "hub", "--listen", "0.0.0.0:0", "--host", "hub2.example.com"],
      in: office.folder.url)
    let line = await hub.firstLine()
    #expect(line.hasPrefix("ready https://hub2.example.com:"))
    hub.signal(SIGTERM)
    #expect(await hub.finish().status == 0)
  }
}
