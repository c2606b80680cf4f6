import Basics
import Clocks
import Deltas
import Foundation
import HubStore
import Storage
import TestSupport
import Testing

/// A hub that is backed up and restored, and branches that hand back what it lost.
final class World {
  let folder: TemporaryFolder
  private(set) var store: HubStore
  var branches: [TailBranch] = []
  /// By changeset, all that its author had seen: the truth.
  private(set) var truth: [ContentHash: Set<ContentHash>] = [:]
  /// The hashes that changesets were first sealed with, of those that were chained anew.
  private var origins: [ContentHash: ContentHash] = [:]
  /// The clock of the changes.
  var now = TestHub.now - 1_000_000
  private var generator: SeededGenerator
  private var backups: [String] = []
  private(set) var names: [ReplicaID: String] = [:]
  /// What hands back may come to less than everything, for tests of what is then.
  var entriesPerMessage = 2

  init(seed: UInt64 = 1, branches count: Int = 3) throws {
    folder = try TemporaryFolder()
    generator = SeededGenerator(seed: seed)
    let path = folder.path("hub")
    try HubStore.create(
      folder: path, like: SampleSchema.schema, generation: TestHub.generation, hostNames: [],
      wallMilliseconds: TestHub.now)
    store = try HubStore(folder: path)
    try serve()
    for number in 1...count { try enrol("branch \(number)") }
  }

  /// Expects that each branch has the hub's rows, and returns these.
  @discardableResult
  func expectLevel(
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [RowKey: [ColumnID: Value]] {
    let tables = try store.digestsByRow()
    for branch in branches {
      #expect(branch.core.rows == tables, sourceLocation: sourceLocation)
    }
    return tables
  }

  func chance(_ permille: Int) -> Bool { generator.chance(permille) }
  func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

  func random(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  @discardableResult
  func enrol(_ name: String) throws -> Int {
    let secret = random(16)
    try store.createToken(
      branch: name, secretHash: ContentHash(of: secret), expiresMilliseconds: TestHub.now + 1_000,
      wallMilliseconds: TestHub.now)
    let replica = try store.redeemToken(secret: secret, wallMilliseconds: TestHub.now).replica
    names[replica] = name
    branches.append(
      TailBranch(
        ImitatedBranch(
          replica: replica, schema: store.schema, generation: TestHub.generation),
        hubID: store.hubID))
    return branches.count - 1
  }

  func origin(of hash: ContentHash) -> ContentHash { origins[hash] ?? hash }

  // MARK: The hub

  func serve() throws { try store.startServing { [unowned self] in random($0) } }

  /// Stops and starts.
  func restart() throws {
    store = try HubStore(folder: store.folder)
    try serve()
  }

  /// Returns the backup's number.
  @discardableResult
  func backUp() throws -> Int {
    let path = folder.path("backup-\(backups.count)")
    try Database(path: store.folder + "/hub.db", mode: .readWrite)
      .execute("VACUUM INTO ?", [.text(path)])
    backups.append(path)
    return backups.count - 1
  }

  var backupCount: Int { backups.count }

  /// Puts a backup's file in the place of the hub's; nobody is told.
  func replaceFile(with backup: Int) throws {
    let path = folder.path("restored-\(random(8).map(String.init).joined())")
    try FileManager.default.createDirectory(
      atPath: path + "/staging", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: backups[backup], toPath: path + "/hub.db")
    store = try HubStore(folder: path)
  }

  func restore(_ backup: Int) throws {
    try replaceFile(with: backup)
    try serve()
  }

  // MARK: Branches

  @discardableResult
  func write(_ index: Int, _ changes: [RowChange]) -> ContentHash {
    let sealed = branches[index].core.write(changes)
    truth[sealed.contentHash] = branches[index].seen
    branches[index].seen.insert(sealed.contentHash)
    return sealed.contentHash
  }

  /// A copy of a branch's database, with its identity.
  func copy(_ index: Int) -> Int {
    branches.append(branches[index])
    return branches.count - 1
  }

  enum Outcome { case done, answerLost, unknownPosition, chainBroken }

  /// One exchange.
  func exchange(_ index: Int, isLossy: Bool = false) throws -> Outcome {
    let branch = branches[index]
    do {
      let acceptance = try store.accept(
        branch.core.outbox.map { .inline($0.bytes) }, from: branch.contact)
      if isLossy { return .answerLost }
      try branches[index].take(acceptance, from: store)
      return .done
    } catch HubStoreError.refused(.unknownPosition) {
      return .unknownPosition
    } catch HubStoreError.refused(let refusal) {
      switch refusal {
      case .chainBroken, .unknownReplica: return .chainBroken
      default: throw refusal
      }
    }
  }

  /// Exchanges until all is said; `isLossy`: or until something is lost on the way.
  func sync(_ index: Int, isLossy: Bool = false) throws {
    for _ in 0..<8 {
      switch try exchange(index, isLossy: isLossy && chance(200)) {
      case .done, .answerLost: return
      case .unknownPosition:
        guard try relocate(index, isLossy: isLossy) else { return }
      case .chainBroken: try fork(index)
      }
    }
    throw HubStoreError.damaged("branch \(index) does not come to rest")
  }

  /// Hands back; false if something was lost on the way.
  func relocate(_ index: Int, isLossy: Bool = false) throws -> Bool {
    let batches = branches[index].batches(
      for: try store.path(), head: try store.head(), isAmbiguous: try store.isAmbiguous(),
      size: entriesPerMessage, names: names)
    let path = try store.generation()
    var place = branches[index].place
    for batch in batches {
      if isLossy, chance(150) { return false }
      place = try store.handBack(
        batch, from: branches[index].core.replica, wallMilliseconds: TestHub.now
      ).place
    }
    branches[index].handedTo = path
    branches[index].learn(try store.path())
    if place != branches[index].place {
      for link in try store.lineage().links { _ = branches[index].lineage.add(link) }
      branches[index].core.move(to: place, shared: place.position)
      branches[index].logHash = nil
    }
    try learnNames()
    return true
  }

  /// Branches hear who there is.
  func learnNames() throws {
    for (replica, name) in try store.names() { names[replica] = name }
  }

  /// Takes an identity of its own.
  func fork(_ index: Int) throws {
    let branch = branches[index]
    let offer = try store.offerIdentity(
      to: branch.core.replica, named: names[branch.core.replica] ?? "?", random: random,
      wallMilliseconds: TestHub.now)
    let replica = try store.redeemToken(
      secret: offer.secret, wallMilliseconds: TestHub.now
    ).replica
    names[replica] = offer.name
    let outbox = branch.core.outbox
    let parent = try store.adopt(
      replica, after: branch.core.replica, confirmed: branch.confirmed,
      wallMilliseconds: TestHub.now)
    try branches[index].core.adopt(replica, previous: parent)
    branches[index].isStranger = false
    branches[index].confirmed = ChainPoint(
      counter: parent == .zero ? 0 : 1, contentHash: parent)
    for (old, new) in zip(outbox, branches[index].core.outbox) {
      origins[new.contentHash] = origin(of: old.contentHash)
    }
  }

  /// Everybody syncs until all have all.
  func settle() throws {
    for _ in 0..<3 {
      for index in branches.indices { try sync(index) }
    }
  }
}
