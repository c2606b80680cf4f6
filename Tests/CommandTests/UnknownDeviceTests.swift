import Foundation
import Storage
import TestSupport
import Testing

@testable import TributaryCommand

/// Devices that joined after the backup which the hub was restored from; and stores that were
/// copied without a restore.
struct UnknownDeviceTests {
  /// A hub that has forgotten the branches of two databases.
  private func restored() async throws -> Office {
    let office = try await Office()
    try await office.serve()
    let address = String(office.url.dropFirst("https://".count))
    #expect(try await office.run("hub", "backup", "hub", "hub.backup").status == 0)
    try await office.join("shop.db", as: "Shop")
    try await office.join("b.db", as: "B")
    _ = await office.stopServing()
    #expect(try await office.run("hub", "restore", "hub.backup", "hub").status == 0)
    try await office.serve(at: address)
    return office
  }

  private func unknown(_ office: Office) async throws -> [[String: Any]] {
    let listed = try await office.run("hub", "branches", "hub", "--json")
    return try #require(listed.json?["unknown"] as? [[String: Any]])
  }

  @Test func aStolenDeviceThatTheHubHasForgottenIsRefused() async throws {
    let office = try await restored()
    let unsure = try await office.run("hub", "revoke", "hub", "Shop")
    expectFailure(unsure, .noSuchBranch)
    #expect(unsure.errors.contains("--unknown"))
    #expect(try await office.run("hub", "revoke", "hub", "Shop", "--unknown").status == 0)
    for _ in 0..<2 { expectFailure(try await office.run("sync", "shop.db"), .revoked) }
    let devices = try await unknown(office)
    #expect(devices.map { $0["name"] as? String } == ["Shop"])
    #expect(devices.map { $0["state"] as? String } == ["revoked"])
    // The others are let in, and seen.
    let synced = try await office.run("sync", "b.db", "--json")
    #expect(synced.json?["newName"] as? String == "B (2)", "\(synced)")
    #expect(try await unknown(office).count == 2)
  }

  @Test func aCertificateIsRefusedByItsFingerprint() async throws {
    let office = try await restored()
    #expect(try await office.run("sync", "b.db").status == 0)
    let device = try #require(try await unknown(office).first)
    let fingerprint = try #require(device["certificate"] as? String)
    let short = String(fingerprint.prefix(12))
    let examined = try await office.run("doctor", "hub")
    #expect(examined.status == 6)
    #expect(examined.output.contains("--certificate \(short)"), "\(examined)")
    let revoked = try await office.run("hub", "revoke", "hub", "--certificate", short)
    #expect(revoked.status == 0, "\(revoked)")
    #expect(try await !office.run("doctor", "hub").output.contains(short))
    expectFailure(
      try await office.run("hub", "revoke", "hub", "--certificate", "0123456789"), .noSuchBranch)
    for arguments in [["--certificate", "xyz"], ["B", "--certificate", short], []] {
      let wrong = try await Program.run(
        ["hub", "revoke", "hub"] + arguments, in: office.folder.url)
      #expect(wrong.status == 64)
    }
  }

  // MARK: Copied stores

  /// Serves once, and returns what was said on standard error.
  private func served(_ office: Office, _ folder: String = "hub") async throws -> String {
    let hub = try Program.start(
      ["hub", "serve", folder, "--listen", "127.0.0.1:0"], in: office.folder.url)
    _ = await hub.firstLine()
    hub.signal(SIGTERM)
    return await hub.finish().errors
  }

  @Test func aStoreThatWasCopiedWithoutARestoreIsNoticed() async throws {
    let office = try await Office()
    let files = FileManager.default
    for _ in 0..<2 { #expect(try await !served(office).contains("hub restore")) }
    // An earlier state copied over the store.
    try Database(path: office.path("hub/hub.db"), mode: .readWrite)
      .executeScript("VACUUM INTO '\(office.path("old.db"))'")
    #expect(try await !served(office).contains("hub restore"))
    for name in ["hub.db", "hub.db-wal", "hub.db-shm"] {
      try? files.removeItem(atPath: office.path("hub/\(name)"))
    }
    try files.copyItem(atPath: office.path("old.db"), toPath: office.path("hub/hub.db"))
    #expect(try await served(office).contains("not the file that was served here last"))
    #expect(try await !served(office).contains("hub restore"))
    // The folder copied, the folder moved, the store alone copied.
    try files.copyItem(atPath: office.path("hub"), toPath: office.path("copy"))
    #expect(try await served(office, "copy").contains("not the file that was served here last"))
    try files.moveItem(atPath: office.path("hub"), toPath: office.path("moved"))
    #expect(try await served(office, "moved").contains("last served as"))
    try files.removeItem(atPath: office.path("moved/served"))
    #expect(try await served(office, "moved").contains("not in this folder"))
    // What a restore has put there is as it should be.
    #expect(try await office.run("hub", "backup", "moved", "hub.backup").status == 0)
    #expect(try await office.run("hub", "restore", "hub.backup", "moved").status == 0)
    #expect(try await !served(office, "moved").contains("hub restore"))
    #expect(try await office.run("hub", "restore", "hub.backup", "other").status == 0)
    #expect(try await !served(office, "other").contains("hub restore"))
  }
}
