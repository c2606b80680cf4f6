import Foundation
import Storage
import TestSupport
import Testing

@testable import TributaryCommand

struct BackupTests {
  /// A hub that is served, and a branch whose rows it has.
  private func office() async throws -> Office {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    return office
  }

  private func done(_ result: Program.Result) throws -> [String: Any] {
    try #require(result.status == 0, "\(result)")
    return try #require(result.json, "\(result)")
  }

  @Test func aServedHubIsBackedUpAndMadeAgainElsewhere() async throws {
    let office = try await office()
    let made = try done(try await office.run("hub", "backup", "hub", "hub.backup", "--json"))
    #expect(made["number"] as? Int == 1)
    // One changeset for each of its two tables.
    #expect(made["position"] as? Int == 2)
    #expect(made["file"] as? String == "hub.backup")
    #expect((made["bytes"] as? Int ?? 0) > 4096)
    let count = "SELECT count(*) FROM customer"
    let backup = try Database(path: office.path("hub.backup"), mode: .readOnly)
    let shop = try Database(path: office.path("shop.db"), mode: .readOnly)
    #expect(try backup.integer(count) == shop.integer(count))

    let restored = try await office.run("hub", "restore", "hub.backup", "other")
    #expect(restored.status == 0, "\(restored)")
    for part in ["position 2 ", "backup 1 ", "tributary hub serve other", "gives back"] {
      #expect(restored.output.contains(part), "\(restored)")
    }
    #expect(try await office.digest("other") == office.digest("hub"))
    #expect(try await office.run("doctor", "other").status == 0)
    // The same authority: the branch knows the hub again.
    #expect(await office.stopServing() == 0)
    try await office.serve("other", at: String(office.url.dropFirst("https://".count)))
    try office.write("shop.db", "DELETE FROM contact WHERE customer_id = 'LH-0001'")
    #expect(try await office.run("sync", "shop.db").status == 0)
    #expect(try await office.digest("other") == office.digest("shop.db"))
  }

  @Test func aBackupOfTheSameHubIsReplacedAndNothingElse() async throws {
    let office = try await office()
    for number in 1...2 {
      let made = try done(try await office.run("hub", "backup", "hub", "hub.backup", "--json"))
      #expect(made["number"] as? Int == number)
    }
    let taken = try await office.run("hub", "backup", "hub", "shop.db")
    expectFailure(taken, .alreadyExists)
    expectFailure(try await office.run("hub", "backup", "hub", "hub/hub.db"), .alreadyExists)
    expectFailure(try await office.run("hub", "backup", "hub", "none/hub.backup"), .cannotOpen)
    expectFailure(try await office.run("hub", "backup", "shop.db", "b"), .notAHub)
    #expect(try await office.run("status", "shop.db").status == 0)
    let left = try FileManager.default.contentsOfDirectory(atPath: office.folder.url.path)
    #expect(!left.contains { $0.hasSuffix(".tmp") })
  }

  @Test func whatCannotBeRestoredSaysWhy() async throws {
    let office = try await office()
    try #require(try await office.run("hub", "backup", "hub", "hub.backup").status == 0)
    try #require(try await office.run("hub", "init", "stranger", "--like", "shop.db").status == 0)
    expectFailure(try await office.run("hub", "restore", "hub.backup", "stranger"), .anotherHub)
    expectFailure(try await office.run("hub", "restore", "hub.backup", "."), .alreadyExists)
    expectFailure(try await office.run("hub", "restore", "shop.db", "new"), .notABackup)
    expectFailure(try await office.run("hub", "restore", "hub/hub.db", "new"), .notABackup)
    expectFailure(try await office.run("hub", "restore", "none", "new"), .cannotOpen)
    #expect(!FileManager.default.fileExists(atPath: office.path("new")))

    let damaged = office.path("damaged.backup")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: office.path("hub.backup")))
    for index in bytes.indices where index >= bytes.count / 2 { bytes[index] = 0xee }
    try bytes.write(to: URL(fileURLWithPath: damaged))
    expectFailure(try await office.run("hub", "restore", "damaged.backup", "new"), .damaged)
    #expect(!FileManager.default.fileExists(atPath: office.path("new")))

    // The store is gone under a hub that is served: what serves it would never see the new one.
    try FileManager.default.removeItem(atPath: office.path("hub/hub.db"))
    expectFailure(try await office.run("hub", "restore", "hub.backup", "hub"), .locked)
    _ = await office.stopServing()
    let restored = try await office.run("hub", "restore", "hub.backup", "hub", "--json")
    #expect(restored.status == 0, "\(restored)")
    #expect(restored.json?["served"] as? Bool == false)
    #expect(try await office.run("doctor", "hub").status == 0)
  }

  /// A disk with less room than the backup needs: said so, and nothing half there.
  @Test func aFullDiskLeavesTheEarlierBackup() async throws {
    let office = try await office()
    try #require(try await office.run("hub", "backup", "hub", "hub.backup").status == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: office.path("hub.backup")))
    let limited = try await Program.run(
      ["hub", "backup", "hub", "hub.backup"], in: office.folder.url, fileKibibytesMax: 64)
    expectFailure(limited, .diskFull)
    #expect(try Data(contentsOf: URL(fileURLWithPath: office.path("hub.backup"))) == before)
    let left = try FileManager.default.contentsOfDirectory(atPath: office.folder.url.path)
    #expect(!left.contains { $0.hasSuffix(".tmp") })
    let restored = try await Program.run(
      ["hub", "restore", "hub.backup", "new"], in: office.folder.url, fileKibibytesMax: 64)
    expectFailure(restored, .diskFull)
    expectFailure(try await office.run("hub", "serve", "new"), .notAHub)
    #expect(try await office.run("hub", "restore", "hub.backup", "new").status == 0)
  }
}
