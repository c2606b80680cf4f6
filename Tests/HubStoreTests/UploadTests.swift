import Basics
import Clocks
import Deltas
import Foundation
import HubStore
import TestSupport
import Testing

/// Changesets that come in pieces.
@Suite struct UploadTests {
  private func source(_ sealed: ImitatedBranch.Sealed) -> ChangesetSource {
    .staged(
      counter: sealed.header.dot.counter, contentHash: sealed.contentHash,
      byteCount: sealed.bytes.count)
  }

  private func contact(_ branch: ImitatedBranch) -> Contact {
    Contact(
      replica: branch.replica, integrated: branch.integrated, clockOffsetMilliseconds: 0,
      receivedMilliseconds: TestHub.now)
  }

  private func staged(_ hub: TestHub) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: hub.store.folder + "/staging")
  }

  @Test func piecesAreKeptAcrossRestartsAndRepetitions() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    let sealed = a.write((0..<500).map { .insertCustomer($0, "Ada \($0)", at: 100) })
    let source = source(sealed)
    #expect(try hub.store.stage([], at: 0, of: source, from: a.replica) == 0)
    var have = 0
    var random = SeededGenerator(seed: 5)
    while have < sealed.bytes.count {
      let store = try hub.reopened()
      // Sometimes again from before, sometimes too far on.
      let offset = max(0, have - Int.random(in: 0...40, using: &random))
      let piece = Array(sealed.bytes[offset...].prefix(have - offset + 300))
      have = try store.stage(piece, at: offset, of: source, from: a.replica)
      #expect(have == min(sealed.bytes.count, offset + piece.count))
      #expect(try store.stage([1], at: have + 5, of: source, from: a.replica) == have)
      if have < sealed.bytes.count {
        #expect(
          throws: HubStoreError.refused(
            .notUploaded(haveBytes: have, ofBytes: sealed.bytes.count))
        ) {
          _ = try store.accept([source], from: contact(a))
        }
      }
    }
    #expect(try staged(hub).count == 1)
    let acceptance = try hub.store.accept([source], from: contact(a))
    #expect(acceptance.entries.map(\.isNew) == [true])
    #expect(try staged(hub).isEmpty)
    #expect(try hub.tables() == a.rows)
    // The answer was lost.
    #expect(try hub.store.stage([], at: 0, of: source, from: a.replica) == sealed.bytes.count)
    #expect(try hub.store.accept([source], from: contact(a)).entries.map(\.isNew) == [false])
  }

  @Test func whatIsNotWhatItWasCalledIsThrownAway() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    let sealed = a.write([.insertCustomer(1, "Ada", at: 100)])
    let source = source(sealed)
    var bytes = sealed.bytes
    bytes[bytes.count / 2] ^= 1
    _ = try hub.store.stage(bytes, at: 0, of: source, from: a.replica)
    #expect(throws: HubStoreError.self) { try hub.store.accept([source], from: contact(a)) }
    #expect(try staged(hub).isEmpty)
    let wrong = ChangesetSource.staged(
      counter: 1, contentHash: ContentHash(of: [1]), byteCount: sealed.bytes.count)
    _ = try hub.store.stage(sealed.bytes, at: 0, of: wrong, from: a.replica)
    #expect(throws: HubStoreError.self) { try hub.store.accept([wrong], from: contact(a)) }
    #expect(try hub.tables().isEmpty)
    _ = try hub.store.stage(sealed.bytes, at: 0, of: source, from: a.replica)
    #expect(try hub.store.accept([source], from: contact(a)).entries.map(\.isNew) == [true])
  }

  @Test func uploadsAreLimited() throws {
    let hub = try TestHub()
    let source = ChangesetSource.staged(
      counter: 1, contentHash: ContentHash(of: [1]), byteCount: 10)
    #expect(throws: HubStoreError.self) {
      try hub.store.stage([UInt8](repeating: 0, count: 11), at: 0, of: source, from: ReplicaID(1))
    }
    for counter in 1...20 {
      let source = ChangesetSource.staged(
        counter: UInt64(counter), contentHash: ContentHash(of: [1]), byteCount: 10)
      _ = try hub.store.stage([1], at: 0, of: source, from: ReplicaID(1))
    }
    #expect(try staged(hub).count == HubStoreLimits.stagedChangesetsMax)
  }
}
