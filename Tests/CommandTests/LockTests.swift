import Foundation
import Storage
import TestSupport
import Testing

@testable import TributaryCommand

struct LockTests {
  @Test func oneSyncAtATime() async throws {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    let folder = BranchFolder(database: office.path("shop.db"))
    let lock = try await FileLock.forSync(of: folder, timeoutMilliseconds: 0, undone: "")
    for command in ["sync", "leave", "verify"] {
      let result = try await office.run(command, "shop.db", "--wait", "1s")
      expectFailure(result, .locked)
      #expect(result.errors.contains("Another tributary process"))
    }
    withExtendedLifetime(lock) {}
    #expect(try await office.run("status", "shop.db").status == 0)
  }

  @Test func aDatabaseLockedByAProgramIsNotWaitedForForever() async throws {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    try office.write("shop.db", "DELETE FROM contact")
    let other = try Database(path: office.path("shop.db"), mode: .readWrite)
    try other.execute("BEGIN IMMEDIATE")
    expectFailure(try await office.run("sync", "shop.db", "--wait", "1s"), .locked)
    try other.execute("ROLLBACK")
    #expect(try await office.run("sync", "shop.db").status == 0)
  }

  @Test func aHubIsServedByOneProcess() async throws {
    let office = try await Office()
    try await office.serve()
    expectFailure(
      try await office.run("hub", "serve", "hub", "--listen", "127.0.0.1:0"), .locked)
    #expect(try await office.run("hub", "branches", "hub").status == 0)
  }
}
