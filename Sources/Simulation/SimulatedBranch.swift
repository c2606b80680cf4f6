internal import Agent
internal import BranchStore
internal import Clocks
internal import Deltas
internal import Storage

/// One branch: its file, its program, its agent while it runs, its clock.
final class SimulatedBranch {
  let replica: ReplicaID
  let name: String
  let path: String
  let stagingFolder: String
  let application: Application
  /// Somebody who only reads, and does not wait.
  let reader: Database

  /// Nil while the agent is down.
  private(set) var store: BranchStore?
  /// Nil while nothing is synced.
  var engine: BranchEngine?
  /// What the branch's clock is ahead of the true time.
  var clockErrorMilliseconds: Int64
  /// Counts engines and restarts: what was meant for an earlier one is dropped.
  var session = 0
  var isOffline = false
  /// The request whose answer is waited for.
  var awaited: Int?

  init(
    _ replica: ReplicaID, path: String, stagingFolder: String, application: Application,
    store: BranchStore, clockErrorMilliseconds: Int64
  ) throws {
    self.replica = replica
    name = replica.description
    self.path = path
    self.stagingFolder = stagingFolder
    self.application = application
    self.store = store
    self.clockErrorMilliseconds = clockErrorMilliseconds
    reader = try Database(path: path, mode: .readWrite, busyTimeoutMilliseconds: 0)
  }

  var isUp: Bool { store != nil }

  /// Ends everything that was under way, as if the process had died.
  func stop() {
    engine = nil
    store = nil
    session += 1
    awaited = nil
  }

  func open() throws { store = try BranchStore(path: path) }
}
