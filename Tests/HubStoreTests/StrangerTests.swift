import Basics
import Clocks
import Testing

@testable import HubStore

/// Devices that a restored hub does not know.
@Suite struct StrangerTests {
  private let hub: TestHub
  private let first = ContentHash(of: [1])
  private let second = ContentHash(of: [2])

  init() throws { hub = try TestHub() }

  private func note(
    _ fingerprint: ContentHash, name: String? = nil, at now: Int64 = TestHub.now
  ) throws -> Bool {
    try hub.store.noteStranger(
      fingerprint, replica: ReplicaID(9), name: name, wallMilliseconds: now)
  }

  @Test func whoMadeContactIsListed() throws {
    #expect(try !note(first))
    #expect(try !note(first, name: "Riverside", at: TestHub.now + 5))
    #expect(try !note(second, at: TestHub.now + 100_000))
    // Nothing is written for one that was here just now.
    #expect(try !note(second, at: TestHub.now + 100_001))
    let strangers = try hub.store.strangers()
    #expect(strangers.map(\.fingerprint) == [second, first])
    #expect(strangers.map(\.name) == [nil, "Riverside"])
    #expect(strangers.map(\.lastMilliseconds) == [TestHub.now + 100_000, TestHub.now + 5])
    #expect(strangers.map(\.firstMilliseconds) == [TestHub.now + 100_000, TestHub.now])
    #expect(strangers.allSatisfy { $0.replica == ReplicaID(9) && !$0.isRevoked })
  }

  @Test func aCertificateIsRevokedWhetherAnybodyKnowsIt() throws {
    #expect(try hub.store.revoke(certificate: first) == nil)
    #expect(try hub.store.isRevoked(certificate: first))
    #expect(try !hub.store.isRevoked(certificate: second))
    #expect(try note(first))
    #expect(try !note(second))
    let name = try #require(try hub.store.branches().first?.replica.name)
    try hub.store.recordCertificate(ReplicaID(1), serial: [1], fingerprint: second)
    #expect(try hub.store.revoke(certificate: second) == name)
    #expect(try hub.store.replica(ReplicaID(1))?.state == .revoked)
  }

  @Test func whoeverGoesByANameIsRefused() throws {
    #expect(try !note(first, name: "Riverside"))
    try hub.store.refuseStrangers(named: "Riverside")
    #expect(try note(first))
    #expect(try !note(second))
    #expect(try note(second, name: "Riverside"))
    #expect(try hub.store.isRevoked(certificate: second))
    #expect(throws: HubStoreError.nameInvalid) { try hub.store.refuseStrangers(named: "") }
  }

  @Test func onlySoManyAreRemembered() throws {
    _ = try hub.store.revoke(certificate: first)
    for number in 0..<HubStoreLimits.strangersMax + 3 {
      _ = try note(ContentHash(of: [3, UInt8(number & 255), UInt8(number >> 8)]))
    }
    let strangers = try hub.store.strangers()
    #expect(strangers.count == HubStoreLimits.strangersMax + 1)
    #expect(strangers.contains { $0.fingerprint == first && $0.isRevoked })
  }

  @Test func theBeginningOfAFingerprintIsEnough() throws {
    _ = try note(first)
    #expect(
      try hub.store.certificates(beginningWith: String(first.description.prefix(8))) == [first])
    #expect(try hub.store.certificates(beginningWith: "00000000").isEmpty)
  }
}
