import Agent
import Basics
import BranchStore
import Clocks
import Deltas
import Foundation
import Hub
import Merging
import Policies
import Sessions
import Storage
import TestSupport

@testable import HubStore

/// A hub and its branches on disk, and no network between them.
final class AgentWorld {
  let folder: TemporaryFolder
  let generation = GenerationID(high: 3, low: 4)
  private(set) var hub: HubEngine
  private(set) var hubStore: HubStore
  let schema: Schema
  /// Later than what the programs in these tests write, which the true clock dates.
  var wall: Int64 = 4_000_000_000_000
  private var generator = SeededGenerator(seed: 1)
  private var backupNumber = 0

  init(_ sql: String) throws {
    folder = try TemporaryFolder()
    let like = try Database(path: folder.path("like.db"), mode: .create)
    try like.executeScript(sql)
    schema = try SchemaReader.read(like, tables: nil)
    try HubStore.create(
      folder: folder.path("hub"), like: schema, generation: generation, hostNames: ["localhost"],
      wallMilliseconds: wall)
    hubStore = try HubStore(folder: folder.path("hub"))
    hub = HubEngine(store: hubStore, random: { _ in [] })
    try openHub()
  }

  /// One table of items, which two branches have with the same three rows.
  static let items = "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, v)"

  static func withItems() throws -> (AgentWorld, AgentBranch, AgentBranch) {
    let world = try AgentWorld(items)
    let (a, b) = (try world.join("a"), try world.join("b"))
    try a.run("INSERT INTO item VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3)")
    try world.settle(a, b)
    return (world, a, b)
  }

  // MARK: The hub's life

  private func random(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  private func openHub() throws {
    hubStore = try HubStore(folder: folder.path("hub"))
    try hubStore.startServing { [unowned self] in random($0) }
    hub = HubEngine(store: hubStore) { [unowned self] in random($0) }
  }

  func restartHub() throws { try openHub() }

  /// Copies the hub's database to a file of the backup's name, without anybody being told.
  func copyHub(_ name: String) throws {
    let path = folder.path(name)
    if FileManager.default.fileExists(atPath: path) {
      try FileManager.default.removeItem(atPath: path)
    }
    try Database(path: folder.path("hub/hub.db"), mode: .readWrite)
      .executeScript("VACUUM INTO '\(path)'")
  }

  /// The same, and the hub knows of it.
  func backUpHub(_ name: String) throws {
    let place = try hubStore.place(at: hubStore.head())
    try copyHub(name)
    backupNumber += 1
    for path in ["hub/hub.db", name] {
      try Database(path: folder.path(path), mode: .readWrite).executeScript(
        """
        INSERT INTO tributary_backup(number, generation, position, milliseconds)
        VALUES (\(backupNumber), '\(place.generation)', \(place.position), \(wall))
        """)
    }
  }

  /// The hub's memory and disk go back together, as a machine's snapshot: nobody begins to serve.
  func turnBackHub(_ name: String) throws {
    let service = hubStore.service
    try replaceHub(name)
    hubStore = try HubStore(folder: folder.path("hub"))
    hubStore.service = service
    hub = HubEngine(store: hubStore) { [unowned self] in random($0) }
  }

  /// Puts a copy in the place of the hub's database.
  func restoreHub(_ name: String) throws {
    try replaceHub(name)
    try openHub()
  }

  private func replaceHub(_ name: String) throws {
    let path = folder.path("hub/hub.db")
    for suffix in ["-wal", "-shm", ""] where FileManager.default.fileExists(atPath: path + suffix) {
      try FileManager.default.removeItem(atPath: path + suffix)
    }
    try FileManager.default.copyItem(atPath: folder.path(name), toPath: path)
  }

  /// Puts a policy file in force.
  func publish(_ text: String) throws {
    let file = try PolicyFile(compiling: Array(text.utf8), names: hubStore.policyNames())
    _ = try hubStore.publish(file.policy, source: file.text, wallMilliseconds: wall)
  }

  // MARK: Branches

  /// Enrols a branch and attaches its file, which some SQL may have made before.
  func join(
    _ name: String, _ sql: String? = nil, ownKeys scope: OwnKeys.Scope? = nil,
    isKnown: ((TableID, [UInt8]) -> Bool)? = nil
  ) throws -> AgentBranch {
    try attach(name, as: enrol(name), sql, ownKeys: scope, isKnown: isKnown)
  }

  func enrol(_ name: String) throws -> ReplicaID {
    let secret = Array(name.utf8)
    try hubStore.createToken(
      branch: name, secretHash: ContentHash(of: secret), expiresMilliseconds: .max,
      wallMilliseconds: wall)
    return try hubStore.redeemToken(secret: secret, wallMilliseconds: wall).replica
  }

  /// Attaches the file of a branch that has enrolled, with the hub's policy if it knows that.
  func attach(
    _ name: String, as replica: ReplicaID, _ sql: String? = nil, knowsPolicy: Bool = false,
    ownKeys scope: OwnKeys.Scope? = nil, rules: RuleRegistry = .standard,
    isKnown: ((TableID, [UInt8]) -> Bool)? = nil
  ) throws -> AgentBranch {
    let path = folder.path("\(name).db")
    if let sql { try Database(path: path, mode: .create).executeScript(sql) }
    let told = try knowsPolicy ? hubStore.policyInForce() : nil
    let store = try BranchStore.attach(
      path: path,
      identity: BranchIdentity(
        replica: replica, branch: name, hubURL: "https://hub.example", generation: generation),
      schema: hubStore.schema, wallMilliseconds: wall,
      policy: told.map { ToldPolicy(version: $0.version, encoded: $0.encoded) },
      ownKeys: scope.flatMap { scope in
        KeySpace(replica: replica.rawValue).map { OwnKeys(scope, space: $0) }
      },
      registry: rules, isKnown: isKnown)
    let staging = folder.path("\(name)-tributary")
    try FileManager.default.createDirectory(
      atPath: staging, withIntermediateDirectories: true)
    return AgentBranch(
      world: self, store: store, staging: staging,
      application: try Database(path: path, mode: .readWrite))
  }

  /// A copy of a branch's file, and of its key, somewhere else.
  func copy(_ branch: AgentBranch, _ name: String) throws -> AgentBranch {
    let path = folder.path("\(name).db")
    try branch.application.executeScript("VACUUM INTO '\(path)'")
    let staging = folder.path("\(name)-tributary")
    try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
    return AgentBranch(
      world: self, store: try BranchStore(path: path), staging: staging,
      application: try Database(path: path, mode: .readWrite))
  }

  func redeem(_ offer: ForkOffer) throws -> NewIdentity {
    let (replica, name) = try hubStore.redeemToken(
      secret: offer.secret, wallMilliseconds: wall)
    return NewIdentity(replica: replica, branch: name)
  }

  /// Syncs branches until none has anything for the hub any more.
  func settle(_ branches: AgentBranch...) throws {
    for _ in 0..<3 { for branch in branches { _ = try branch.sync() } }
  }
}

final class AgentBranch {
  let world: AgentWorld
  private(set) var store: BranchStore
  let staging: String
  let application: Database
  /// Whose certificate the requests go out with.
  private(set) var certified: ReplicaID
  /// Every request that was sent, in order.
  private(set) var requests: [HubRequest] = []
  private(set) var waits: [Int64] = []
  /// By how much its clock is ahead of the hub's, in milliseconds.
  var clockAhead: Int64 = 0

  init(world: AgentWorld, store: BranchStore, staging: String, application: Database) {
    self.world = world
    self.store = store
    self.staging = staging
    self.application = application
    certified = store.identity.replica
  }

  /// Syncs, dies at a step of its database if it gets that far, and then begins and syncs anew.
  func sync(crashingAt crashAt: Int) throws {
    struct Crash: Error {}
    var step = 0
    store.database.onStep = { _ in
      step += 1
      if step == crashAt { throw Crash() }
    }
    do { _ = try sync() } catch is Crash {
      try restart()
      _ = try sync()
    }
    store.database.onStep = nil
  }

  /// The agent begins anew, as after its process died.
  func restart() throws {
    store = try BranchStore(path: store.path)
    certified = store.identity.replica
  }

  /// A second agent on the same database.
  func another() throws -> AgentBranch {
    AgentBranch(
      world: world, store: try BranchStore(path: store.path), staging: staging,
      application: application)
  }

  /// Goes on with the key of whom the file says that it is.
  func chooseKey() throws { certified = try BranchStore(path: store.path).identity.replica }

  func run(_ sql: String) throws { try application.executeScript(sql) }
  func rows(_ sql: String) throws -> [[Value]] { try application.rows(sql) }

  /// The items as “number name”, in the order of their numbers.
  func items() throws -> [String] {
    try rows("SELECT id || ' ' || name FROM item ORDER BY id").map { $0[0].text }
  }

  /// What becomes of a request: nil for no answer.
  typealias Network = (_ request: HubRequest, _ answer: () -> HubResponse) throws -> HubResponse?

  /// One sync from its start to its end; nil if the network let the process die.
  func sync(
    isComparingAll: Bool = false, adopting identity: NewIdentity? = nil,
    _ network: Network = { $1() }
  ) throws -> SyncReport {
    let engine = BranchEngine(
      store: store, stagingFolder: staging, isComparingAll: isComparingAll, adopting: identity)
    if let identity { certified = identity.replica }
    var event = BranchEngine.Event.start
    requests = []
    waits = []
    while true {
      world.wall += 1
      switch try engine.handle(event, wallMilliseconds: world.wall + clockAhead).first {
      case .send(let request):
        requests.append(request)
        // Through the bytes, as on a network.
        let bytes = request.encoded
        let received = try HubRequest(encoded: bytes)
        let response = try network(received) { [world, certified] in
          world.hub.handle(received, from: certified, wallMilliseconds: world.wall + 50)
        }
        guard let response else {
          event = .unanswered
          continue
        }
        let answer = response.encoded
        event = .answered(
          try HubResponse(encoded: answer), requestBytes: bytes.count,
          responseBytes: answer.count)
      case .wait(let milliseconds):
        waits.append(milliseconds)
        event = .waited
      case .enrol(let offer):
        let identity = try world.redeem(offer)
        certified = identity.replica
        event = .enrolled(identity)
      case .identityChanged(let replica):
        guard replica == certified else { throw CancellationError() }
        event = .identityNoted
      case .finish(let report): return report
      case nil: throw CancellationError()
      }
    }
  }

  /// Compares with the hub.
  func compare(isNaming: Bool = true) throws -> (BranchComparison, [TableComparison]) {
    let comparison = BranchComparison(
      database: application, schema: world.hubStore.schema, synced: store.schema,
      keys: store.keyColumns, isNaming: isNaming, called: try store.localNames())
    var effect = try comparison.start()
    while true {
      switch effect {
      case .send(let request):
        let response = world.hub.handle(
          try HubRequest(encoded: request.encoded), from: store.identity.replica,
          wallMilliseconds: world.wall)
        effect = try comparison.handle(try HubResponse(encoded: response.encoded))
      case .finish(let tables): return (comparison, tables)
      }
    }
  }
}

func expectSame(_ branches: AgentBranch...) throws -> Bool {
  let hub = try branches[0].world.hubStore.digests().map(\.digest)
  return try branches.allSatisfy { try $0.store.digests().map(\.digest) == hub }
}

extension Value {
  /// What a text says; nothing for anything else.
  var text: String {
    guard case .text(let bytes) = self else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}
