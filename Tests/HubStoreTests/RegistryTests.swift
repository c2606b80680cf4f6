import Basics
import Clocks
import Deltas
import HubStore
import Storage
import TestSupport
import Testing

@Suite struct RegistryTests {
  private let now = TestHub.now

  private func error(_ body: () throws -> Void) -> HubStoreError? {
    do {
      try body()
    } catch let error as HubStoreError {
      return error
    } catch {}
    return nil
  }

  @Test func tokensAreUsedOnceAndExpire() throws {
    let hub = try TestHub(branches: 0)
    let secret: [UInt8] = Array("secret".utf8)
    try hub.store.createToken(
      branch: "南山支行", secretHash: ContentHash(of: secret), expiresMilliseconds: now + 10,
      wallMilliseconds: now)
    #expect(
      error {
        try hub.store.checkToken(secret: [1], wallMilliseconds: now)
      } == .tokenUnknown)
    #expect(
      error {
        _ = try hub.store.redeemToken(secret: secret, wallMilliseconds: now + 10)
      } == .tokenExpired)
    try hub.store.checkToken(secret: secret, wallMilliseconds: now + 9)
    let (replica, name) = try hub.store.redeemToken(secret: secret, wallMilliseconds: now + 9)
    #expect(replica == ReplicaID(1))
    #expect(name == "南山支行")
    #expect(
      error {
        _ = try hub.store.redeemToken(secret: secret, wallMilliseconds: now + 9)
      } == .tokenUsed)
    #expect(
      error {
        try hub.store.checkToken(secret: secret, wallMilliseconds: now + 9)
      } == .tokenUsed)
  }

  @Test func secretsAreNotStored() throws {
    let hub = try TestHub(branches: 0)
    let secret = Array("a rather long secret of a token".utf8)
    try hub.store.createToken(
      branch: "A", secretHash: ContentHash(of: secret), expiresMilliseconds: now + 10,
      wallMilliseconds: now)
    _ = try hub.store.redeemToken(secret: secret, wallMilliseconds: now)
    let stored = try hub.database().rows("SELECT * FROM tributary_token").flatMap { $0 }
    #expect(!stored.contains(.blob(secret)) && !stored.contains(.text(secret)))
  }

  @Test func namesAreFreeUntilContactAndAfterRevocation() throws {
    let hub = try TestHub(branches: 0)
    let first = try hub.enrol("A")
    // Its answer was lost: invited again, the name goes to the new device.
    let second = try hub.enrol("A")
    #expect(first != second)
    #expect(try hub.store.isRevoked(first))
    #expect(try !hub.store.isRevoked(second))
    var a = hub.branch(second.rawValue)
    try hub.store.sync(&a)
    #expect(error { _ = try hub.enrol("A") } == .nameTaken("A"))
    #expect(error { try hub.store.revoke(name: "B") } == .branchUnknown("B"))
    try hub.store.revoke(name: "A")
    let third = try hub.enrol("A")
    #expect(third == ReplicaID(3))
    #expect(
      try hub.store.names() == [first: "A #1", second: "A #2", third: "A"])
    #expect(try hub.store.isRevoked(ReplicaID(77)))
  }

  @Test(arguments: ["", "a\u{7}b", "a\nb", String(repeating: "x", count: 201)])
  func refusesNames(name: String) throws {
    let hub = try TestHub(branches: 0)
    #expect(error { _ = try hub.enrol(name) } == .nameInvalid)
  }

  @Test func notesContact() throws {
    let hub = try TestHub(branches: 2)
    var a = hub.branch(1)
    var b = hub.branch(2)
    #expect(try hub.store.branches().map(\.replica.lastContactMilliseconds) == [nil, nil])
    a.write([.insertCustomer(1, "Ada", at: 100), .insertCustomer(2, "Bob", at: 100)])
    try hub.store.sync(&a, offset: -5, at: now + 1)
    var records = try hub.store.branches()
    #expect(records[0].replica.lastContactMilliseconds == now + 1)
    #expect(records[0].replica.lastCompleteSyncMilliseconds == now + 1)
    #expect(records[0].replica.clockOffsetMilliseconds == -5)
    #expect(records[0].changesetCount == 1)
    #expect(records[0].pendingDownChangesets == 0)
    #expect(records[1].pendingDownChangesets == 1)
    #expect(records[1].pendingDownRows == 2)
    try hub.store.sync(&b, at: now + 2)
    records = try hub.store.branches()
    #expect(records[1].replica.acknowledgedPosition == .start)
    #expect(records[1].replica.deliveredPosition == LogPosition(1))
    #expect(records[1].pendingDownRows == 0)
    try hub.store.sync(&b, at: now + 3)
    #expect(try hub.store.replica(b.replica)?.acknowledgedPosition == LogPosition(1))
  }

  @Test func certificates() throws {
    let hub = try TestHub(branches: 1)
    let fingerprint = ContentHash(of: [1, 2, 3])
    try hub.store.recordCertificate(ReplicaID(1), serial: [9], fingerprint: fingerprint)
    #expect(try hub.store.replica(ReplicaID(1))?.certificateFingerprint == fingerprint)
  }
}
