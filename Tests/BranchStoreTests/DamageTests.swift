import BranchStore
import Deltas
import Foundation
import Storage
import TestSupport
import Testing

/// Files whose bytes are others than those that were written.
@Suite struct DamageTests {
  private func branch() throws -> TestBranch {
    let branch = try TestBranch("CREATE TABLE item(id INTEGER PRIMARY KEY, v TEXT)")
    try branch.run("INSERT INTO item VALUES (1, 'a value of its own'), (2, 'another')")
    try branch.seal()
    try branch.run("PRAGMA wal_checkpoint(TRUNCATE)")
    return branch
  }

  private func change(_ path: String, _ body: (inout Data) throws -> Void) throws {
    let file = URL(fileURLWithPath: path)
    var data = try Data(contentsOf: file)
    try body(&data)
    try data.write(to: file)
  }

  /// What nobody wrote is no change: it is not sent, and a comparison shows it.
  @Test func aValueThatChangedOnTheDiskIsNotSent() throws {
    let branch = try branch()
    let sound = try branch.store.digests()
    let copy = branch.folder.path("damaged.db")
    try FileManager.default.copyItem(atPath: branch.path, toPath: copy)
    try change(copy) { data in
      var place = data.startIndex
      while let found = data.range(of: Data("a value of".utf8), in: place..<data.endIndex) {
        data[found.lowerBound] = UInt8(ascii: "A")
        place = found.upperBound
      }
    }
    let damaged = try BranchStore(path: copy)
    let before = try damaged.outbox().count
    _ = try damaged.seal(wallMilliseconds: 9_000)
    #expect(try damaged.outbox().count == before)
    #expect(try damaged.digests().map(\.digest) != sound.map(\.digest))
  }

  /// A file that lost its end, or some page, is said to be damaged; nothing of it is sealed as a
  /// deletion of what it lost.
  @Test(arguments: [1, 2, 3, 5])
  func aFileThatLostPagesIsSaid(quarters: Int) throws {
    let branch = try branch()
    let copy = branch.folder.path("damaged.db")
    try FileManager.default.copyItem(atPath: branch.path, toPath: copy)
    try change(copy) { data in
      if quarters < 4 {
        data = data.prefix(data.count * quarters / 4)
      } else {
        // All pages but the first are zeroes.
        data.replaceSubrange(4_096..., with: Data(count: data.count - 4_096))
      }
    }
    var sent: Int?
    do {
      let damaged = try BranchStore(path: copy)
      let before = try damaged.outbox().count
      _ = try damaged.seal(wallMilliseconds: 9_000)
      _ = try damaged.digests()
      sent = try damaged.outbox().count - before
    } catch {}
    #expect(sent == nil || sent == 0)
  }
}
