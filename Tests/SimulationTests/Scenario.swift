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

@testable import Simulation

/// A hub and branches as shipped, driven by hand: for histories that are worth writing down.
final class Scenario {
  private let folder: TemporaryFolder
  private let schema: Schema
  private let hubStore: HubStore
  private let hub: HubEngine
  private var stores: [BranchStore] = []
  private var programs: [Database] = []
  /// Milliseconds since 1970; goes on with every statement and every sync.
  private var now: Int64 = 1_750_000_000_000

  init(_ sql: String, branchCount: Int) throws {
    folder = try TemporaryFolder()
    let like = try Database(path: folder.path("like.db"), mode: .create)
    try like.executeScript(sql)
    schema = try SchemaReader.read(like, tables: nil)
    let generation = GenerationID(high: 7, low: 7)
    try HubStore.create(
      folder: folder.path("hub"), like: schema, generation: generation, hostNames: [],
      wallMilliseconds: now)
    hubStore = try HubStore(folder: folder.path("hub"))
    let random = SeededBytes(seed: 1)
    try hubStore.startServing(random: { random($0) })
    hub = HubEngine(store: hubStore, random: { random($0) })
    for number in 1...branchCount {
      let name = "branch \(number)"
      try hubStore.createToken(
        branch: name, secretHash: ContentHash(of: Array(name.utf8)), expiresMilliseconds: now + 1,
        wallMilliseconds: now)
      let replica = try hubStore.redeemToken(secret: Array(name.utf8), wallMilliseconds: now)
        .replica
      let path = folder.path("\(number).db")
      stores.append(
        try BranchStore.attach(
          path: path,
          identity: BranchIdentity(
            replica: replica, branch: name, hubURL: "", generation: generation),
          schema: schema, wallMilliseconds: now))
      programs.append(try Database(path: path, mode: .readWrite))
    }
  }

  /// What a program at a branch, counted from 1, runs.
  func run(_ sql: String, at branch: Int) throws {
    now += 1_000
    SQLiteClock.set(now)
    try programs[branch - 1].executeScript(sql)
  }

  /// Seals what was written, without any network.
  func seal(_ branch: Int) throws {
    now += 1_000
    _ = try stores[branch - 1].seal(wallMilliseconds: now)
  }

  /// A whole sync of one branch.
  func sync(_ branch: Int) throws {
    now += 1_000
    let store = stores[branch - 1]
    let engine = BranchEngine(store: store, stagingFolder: folder.url.path)
    var effects = try engine.handle(.start, wallMilliseconds: now)
    while let effect = effects.first {
      guard case .send(let request) = effect else { return }
      now += 10
      let decoded = try HubRequest(encoded: request.encoded)
      let response = hub.handle(decoded, from: store.identity.replica, wallMilliseconds: now)
      effects = try engine.handle(
        .answered(try HubResponse(encoded: response.encoded), requestBytes: 1, responseBytes: 1),
        wallMilliseconds: now)
    }
  }

  func syncAll() throws {
    for _ in 0..<2 {
      for branch in 1...stores.count { try sync(branch) }
    }
  }

  /// A query's rows at a branch, as text.
  func rows(_ sql: String, at branch: Int) throws -> [String] {
    try Self.shown(programs[branch - 1].rows(sql))
  }

  func rowsAtHub(_ sql: String) throws -> [String] {
    let reader = try Database(path: folder.path("hub/hub.db"), mode: .readWrite)
    return try Self.shown(reader.rows(sql))
  }

  private static func shown(_ rows: [[Value]]) -> [String] {
    rows.map { $0.map(\.shown).joined(separator: "|") }
  }

  /// Whether all have what the hub has.
  func isConverged() throws -> Bool {
    let digests = try hubStore.digests().map(\.digest)
    return try stores.allSatisfy { try $0.digests().map(\.digest) == digests }
  }

  func conflicts() throws -> [Conflict] { try hubStore.conflicts(openOnly: false) }
}
