internal import Clocks
internal import Deltas
internal import Merging

/// The hub's database, without bytes. A value: a backup is a copy of this.
struct ModelHub: Sendable {
  let table: ModelTable
  let root: GenerationID
  /// All generations known; those of its own path are `path`.
  var lineage: Lineage
  var path: [GenerationStep]
  var log: [ModelLogEntry] = []
  /// Below and at this position the log can no longer be sent.
  var pruned = LogPosition.start
  /// Below and at this position rows have no records.
  var settled = LogPosition.start
  var byHash: [ModelHash: LogPosition] = [:]
  /// By replica: changesets of its chain that the log has under another header.
  var aliases: [ReplicaID: [(counter: UInt64, position: LogPosition)]] = [:]
  /// Rows that later facts changed: the next entry sends them.
  var changedLate: Set<Int> = []
  /// Generations within which memory was turned back.
  var ambiguous: Set<GenerationID> = []
  /// By who hands back from there: names under which it has the entry that this log has.
  var handedEqual: [ModelHash: Set<CausalContext>] = [:]
  /// Names that entries had on lost timelines.
  var places: [CausalContext: LogPosition] = [:]
  var losses: Set<CausalContext> = []
  var registry: [ReplicaID: ModelRegistered] = [:]
  /// The highest number of a replica that it has heard of.
  var replicaMax: UInt32 = 0
  var offers: [UInt64: String] = [:]
  var rows: [ModelHubRow]
  /// What overruled writes there were.
  var ledger = Marks()
  /// Overruled values of settled rows, of which the log no longer says whose they were.
  var ledgerValues: Set<ModelCell> = []
  var ledgerCount = 0
  var openCount = 0
  /// What went into the ledger since the world looked last.
  var noted: [(row: Int, conflict: MergeConflict)] = []
  var notices: [(notice: ModelNotice, replicas: [ReplicaID])] = []
  var salvage: [(replica: ReplicaID, changeset: ModelChangeset)] = []
  var backupNumber = 0
  var durable = LogPosition.start
  var nextSecret: UInt64 = 1
  var limits = ModelLimits()
  /// Rows that were changed without their insertion being known are shown.
  var showsHalfRows = false
  /// Only the world reads it: what went into each row.
  var rowMarks: [Marks]

  init(table: ModelTable, root: GenerationID) {
    self.table = table
    self.root = root
    lineage = Lineage(root: root)
    path = [GenerationStep(generation: root, fork: .start)]
    rows = Array(repeating: ModelHubRow(), count: table.rowCount)
    rowMarks = Array(repeating: Marks(), count: table.rowCount)
  }

  var generation: GenerationID { path[path.count - 1].generation }
  var head: LogPosition { LogPosition(UInt64(log.count)) }
  var headPlace: CausalContext { CausalContext(generation: generation, position: head) }
  var logHash: ModelHash { log.last?.logHash ?? 0 }

  func entry(_ position: LogPosition) -> ModelLogEntry { log[Int(position.rawValue) - 1] }

  func logHash(at position: LogPosition) -> ModelHash {
    position == .start ? 0 : entry(position).logHash
  }

  func canonical(_ position: LogPosition) -> CausalContext {
    lineage.canonical(CausalContext(generation: generation, position: position))
  }

  /// Starts to serve: a generation of its own, in place of the last one if that named nothing.
  mutating func openGeneration(_ id: GenerationID, mutant: Mutant) {
    guard mutant != .noGeneration else { return }
    let last = path[path.count - 1]
    if path.count > 1, last.fork == head || mutant == .generationReplacedAlways {
      path.removeLast()
    }
    let parent = path[path.count - 1].generation
    _ = lineage.add(LineageLink(generation: id, parent: parent, fork: head))
    path.append(GenerationStep(generation: id, fork: head))
  }

  /// The links of its own path.
  var pathLinks: [LineageLink] {
    path.indices.map {
      LineageLink(
        generation: path[$0].generation, parent: $0 == 0 ? nil : path[$0 - 1].generation,
        fork: path[$0].fork)
    }
  }
}

struct ModelHubRow: Sendable {
  var state = RowState()
  /// A row whose versions everyone has seen: only its values are left.
  var settledValues: [Value]?
  /// Something of it was forgotten that a late change may not have seen.
  var isForgotten = false
  /// It was changed once without its insertion being known: only the world reads it.
  var wasIncomplete = false
}

struct ModelLogEntry: Sendable {
  /// The hub's name.
  var dot: Dot
  var name: String
  var changeset: ModelChangeset
  /// The author's, in the names that are unambiguous now.
  var context: CausalContext
  var seen: ModelSeen
  var clockOffsetMilliseconds: Int64
  var receivedMilliseconds: Int64
  /// It came with a tail: its author, too, is sent its blocks.
  var isHanded = false
  var outcomes: [ModelOutcome] = []
  var logHash: ModelHash
  var isForgotten = false
  /// By row: what the author had seen besides, because its own earlier change of the row had.
  var closure: [Int: Knowledge] = [:]
  /// All rows right after it: only the world reads them.
  var rowsAfter: [[Value]?] = []

  /// Names an entry: what it changes and its clock facts, which decide between changes.
  static func hash(_ content: ModelHash, offset: Int64, received: Int64) -> ModelHash {
    mixed(mixed(content, UInt64(bitPattern: offset)), UInt64(bitPattern: received))
  }
}

/// A value of a row's column.
struct ModelCell: Hashable, Sendable {
  var row: Int
  var column: ColumnID?
  var value: Value?
}

/// What the author of an entry had seen, in positions of this log.
struct ModelSeen: Hashable, Sendable {
  var prefix: LogPosition
  /// Ascending by `here`.
  var also: [ModelPair] = []
}

struct ModelRegistered: Sendable {
  enum State: Sendable { case active, retired, past }
  var state = State.active
  var key: Int
  var name: String
  var chain = ModelHead()
  var parent: Dot?
  /// The hash that its first changeset names as the one before.
  var wanted: ModelHash = 0
  var floor: LogPosition?
  /// Since the hub was put back: before that it may have been told on a timeline that was left.
  var isFloorTold = true
  /// Up to where it told to have this very log.
  var acknowledged = LogPosition.start
  var lastHeard: Int64 = 0
}
