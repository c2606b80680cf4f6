internal import Agent
internal import Basics
internal import BranchStore
internal import Clocks
internal import Deltas
internal import Sessions
internal import Storage

/// One branch: its disk, its program, its agent while it runs, its clock.
final class SimulatedBranch {
  let machine: MachineID
  /// The replica that it joined as.
  let replica: ReplicaID
  let name: String
  let disk: SimulatedDisk
  let path: String
  let stagingFolder: String
  /// Nil while the machine is down, as is the reader.
  private(set) var application: Application?
  /// Somebody who only reads.
  private(set) var reader: RowWatch?

  /// Nil while the agent is down.
  private(set) var store: BranchStore?
  /// For looking at what has become durable, whatever the agent does.
  private var observer: BranchStore?
  /// Nil while nothing is synced.
  var engine: BranchEngine?
  /// What the branch's clock is ahead of the true time.
  var clockErrorMilliseconds: Int64
  /// The place at which its tables were last looked at.
  var looked: CausalContext?
  /// The delta that an answer has announced last.
  var delta: ExchangeResponse?
  /// Where the clock stands, if it does.
  var frozenMilliseconds: Int64?
  /// The keys in the branch's folder, by the identities they are for.
  var certificates: [ReplicaID: Certificate] = [:]
  /// The one that a copy has just got, until its database has that identity.
  var newCertificate: Certificate?
  /// Earlier states of the machine that somebody has kept.
  var images: [MachineImage] = []
  /// Another agent's connection, which takes its turn at the next sync.
  var otherStore: BranchStore?
  /// Counts engines and restarts: what was meant for an earlier one is dropped.
  var session = 0
  var isOffline = false
  /// The request whose answer is waited for.
  var awaited: Int?
  /// A transaction whose commit failed, until another is committed: it may be found in the file
  /// after a power loss, or in an image.
  var attempt: Application.Attempt?

  init(
    _ machine: MachineID, _ replica: ReplicaID, disk: SimulatedDisk, path: String,
    stagingFolder: String,
    application: Application? = nil, store: BranchStore? = nil, clockErrorMilliseconds: Int64
  ) {
    self.machine = machine
    self.replica = replica
    name = machine.description
    self.disk = disk
    self.path = path
    self.stagingFolder = stagingFolder
    self.application = application
    self.store = store
    self.clockErrorMilliseconds = clockErrorMilliseconds
  }

  var isUp: Bool { store != nil }

  /// Ends everything that the agent had under way, as if its process had died.
  func stop() {
    engine = nil
    store = nil
    otherStore = nil
    newCertificate = nil
    session += 1
    awaited = nil
  }

  /// Ends everything, as if the machine had lost its power.
  func goDark() {
    stop()
    observer = nil
    reader = nil
    application = nil
    looked = nil
  }

  /// The agent begins anew.
  func open() throws {
    store = try disk.acting(as: .agent) { try BranchStore(path: path) }
  }

  /// The other agent's turn.
  func takeTurns() throws {
    let next = try otherStore ?? disk.acting(as: .agent) { try BranchStore(path: path) }
    otherStore = store
    store = next
    try next.rereadIdentity()
  }

  /// Who it says that it is.
  var certificate: Certificate? {
    newCertificate ?? store.flatMap { certificates[$0.identity.replica] }
  }

  /// The database has another identity: connections that only look are opened anew.
  func forgetObserver() { observer = nil }

  /// The program begins, if it does not run; so does the reader.
  func startProgram(_ application: () throws -> Application, _ rowReader: RowReader) throws {
    if self.application == nil { self.application = try application() }
    if reader == nil {
      reader = try disk.acting(as: .reader) { try RowWatch(path: path, reader: rowReader) }
    }
  }

  /// The program's connection is not to be used any more.
  func stopProgram() { application = nil }

  /// A connection that only looks.
  func observing<Result>(_ body: (BranchStore) throws -> Result) throws -> Result {
    try disk.acting(as: .reader) {
      let store = try observer ?? BranchStore(path: path)
      observer = store
      return try body(store)
    }
  }
}

/// What a device shows of itself.
struct Certificate: Hashable {
  var replica: ReplicaID
  var fingerprint: ContentHash
}

/// A machine as it was at some moment.
struct MachineImage {
  var disk: SimulatedDisk.Image
  var holdings: History.Holdings
  var certificates: [ReplicaID: Certificate]
  var attempt: Application.Attempt?
}

/// The hub's machine as it was at some moment.
struct HubImage {
  var disk: SimulatedDisk.Image
  var log: [History.LogEntry]
  var steps: [GenerationStep]
  var handedPlaces: Set<CausalContext>
  /// Up to where it had let go of deletions.
  var stable: LogPosition
}

/// What the hub's log was when a generation's last entry came: deltas tell of it, also once the hub
/// is down, or was put back.
struct Timeline {
  var log: [History.LogEntry] = []
  /// What names its positions.
  var steps: [GenerationStep] = []
  /// What the hub's ledger was, where the log is pruned.
  var ledger: [Conflict] = []

  /// What the log calls the timeline of a position.
  func generation(of position: LogPosition) -> GenerationID? {
    (steps.last { $0.fork < position } ?? steps.first)?.generation
  }
}
