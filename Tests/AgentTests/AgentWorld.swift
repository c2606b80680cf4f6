import Agent
import Basics
import BranchStore
import Clocks
import Deltas
import Foundation
import Hub
import HubStore
import Sessions
import Storage
import TestSupport

/// A hub and its branches on disk, and no network between them.
final class AgentWorld {
  let folder: TemporaryFolder
  let generation = GenerationID(high: 3, low: 4)
  let hub: HubEngine
  let hubStore: HubStore
  let schema: Schema
  var wall: Int64 = 1_000_000

  init(_ sql: String) throws {
    folder = try TemporaryFolder()
    let like = try Database(path: folder.path("like.db"), mode: .create)
    try like.executeScript(sql)
    schema = try SchemaReader.read(like, tables: nil)
    try HubStore.create(
      folder: folder.path("hub"), like: schema, generation: generation, hostNames: ["localhost"],
      wallMilliseconds: wall)
    hubStore = try HubStore(folder: folder.path("hub"))
    hub = HubEngine(store: hubStore)
  }

  /// Enrols a branch and attaches its file, which some SQL may have made before.
  func join(
    _ name: String, _ sql: String? = nil, isKnown: ((TableID, [UInt8]) -> Bool)? = nil
  ) throws -> AgentBranch {
    let secret = Array(name.utf8)
    try hubStore.createToken(
      branch: name, secretHash: ContentHash(of: secret), expiresMilliseconds: .max,
      wallMilliseconds: wall)
    let (replica, _) = try hubStore.redeemToken(secret: secret, wallMilliseconds: wall)
    let path = folder.path("\(name).db")
    if let sql { try Database(path: path, mode: .create).executeScript(sql) }
    let store = try BranchStore.attach(
      path: path,
      identity: BranchIdentity(
        replica: replica, branch: name, hubURL: "https://hub.example", generation: generation),
      schema: schema, wallMilliseconds: wall, isKnown: isKnown)
    let staging = folder.path("\(name)-tributary")
    try FileManager.default.createDirectory(
      atPath: staging, withIntermediateDirectories: true)
    return AgentBranch(
      world: self, store: store, staging: staging,
      application: try Database(path: path, mode: .readWrite))
  }
}

final class AgentBranch {
  let world: AgentWorld
  let store: BranchStore
  let staging: String
  let application: Database
  /// Every request that was sent, in order.
  private(set) var requests: [HubRequest] = []
  private(set) var waits: [Int64] = []

  init(world: AgentWorld, store: BranchStore, staging: String, application: Database) {
    self.world = world
    self.store = store
    self.staging = staging
    self.application = application
  }

  func run(_ sql: String) throws { try application.executeScript(sql) }
  func rows(_ sql: String) throws -> [[Value]] { try application.rows(sql) }

  /// What becomes of a request: nil for no answer.
  typealias Network = (_ request: HubRequest, _ answer: () -> HubResponse) throws -> HubResponse?

  /// One sync from its start to its end; nil if the network let the process die.
  func sync(_ network: Network = { $1() }) throws -> SyncReport {
    let engine = BranchEngine(store: store, stagingFolder: staging)
    var event = BranchEngine.Event.start
    requests = []
    waits = []
    while true {
      world.wall += 1
      switch try engine.handle(event, wallMilliseconds: world.wall).first {
      case .send(let request):
        requests.append(request)
        // Through the bytes, as on a network.
        let bytes = request.encoded
        let received = try HubRequest(encoded: bytes)
        let response = try network(received) { [world, store] in
          world.hub.handle(
            received, from: store.identity.replica, wallMilliseconds: world.wall + 50)
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
      case .finish(let report): return report
      case nil: throw CancellationError()
      }
    }
  }

  /// Compares with the hub.
  func compare(isNaming: Bool = true) throws -> (BranchComparison, [TableComparison]) {
    let comparison = BranchComparison(
      database: application, schema: world.schema, isNaming: isNaming)
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
