internal import Clocks
internal import Deltas

/// A branch's database and the sync that runs on it, without bytes.
///
/// A value: a copy of a database is a copy of this.
struct ModelBranch: Sendable {
  /// Which running device this is. Only the world reads it.
  var device: Int
  var replica: ReplicaID
  var name: String
  /// Stands for the key whose certificate the device shows.
  var key: Int
  var lineage: Lineage
  /// What is integrated.
  var place: CausalContext
  var logHash: ModelHash = 0
  var rows: [[Value]?]
  var journal: [ModelJournalEntry] = []
  var outbox: [ModelChangeset] = []
  /// Of the outbox, by hash: came in a delta under another header. The chain still needs them.
  var known: Set<ModelHash> = []
  /// The last changeset of this chain that was sealed, and the last that the log is known to have.
  var sealed = ModelHead()
  var confirmed = ModelHead()
  var deferred: [ModelDeferred?]
  var tail: [ModelTailEntry] = []
  var durable = LogPosition.start
  var backupNumber = 0
  var noticed = 0
  var notices: [ModelNotice] = []
  /// A delta that is fetched in pieces.
  var staged: ModelStaged?
  /// Rows must be compared with the hub; true if they must be sent where they differ.
  var compares: Bool?
  /// The hub's generation to which all of the tail was handed back.
  var handedTo: GenerationID?
  /// An entry of its own came that it does not have: deltas must have everything.
  var wantsAll = false
  var isRetiredHere = false
  var limits = ModelLimits()
  var session = ModelSession()
  /// What the world keeps with the file: the marks that went into each row, and those it wrote.
  var seen: [Marks]
  var written = Marks()
  /// A whole state came in place of a log that has parts of the tail: their places are not known.
  var lacksPlaces = false

  init(
    device: Int, replica: ReplicaID, name: String, key: Int, root: GenerationID, rowCount: Int
  ) {
    self.device = device
    self.replica = replica
    self.name = name
    self.key = key
    lineage = Lineage(root: root)
    place = CausalContext(generation: root, position: .start)
    rows = Array(repeating: nil, count: rowCount)
    deferred = Array(repeating: nil, count: rowCount)
    seen = Array(repeating: Marks(), count: rowCount)
  }

  /// What a process that died leaves.
  mutating func crash() { session = ModelSession() }
}

/// What a trigger appended.
struct ModelJournalEntry: Sendable {
  var row: Int
  var kind: ChangeKind
  /// Beside `marks`; none for a deletion, which has one mark.
  var columns: [ColumnID]
  var marks: [Int]
  var milliseconds: Int64
}

/// A row whose incoming changes wait.
struct ModelDeferred: Sendable {
  var base: LogPosition
  var changes: [ModelIncoming]
}

/// What a delta does to one row, with the world's marks.
struct ModelIncoming: Sendable {
  var row: Int
  var kind: ChangeKind
  var columns: [ColumnID]
  var values: [Value]
  var marks: Marks
}

/// An entry of the log that a branch keeps until a backup has it.
struct ModelTailEntry: Sendable {
  var changeset: ModelChangeset
  /// All that are known, canonical.
  var places: [CausalContext]
  var dot: Dot
  var name: String
  var clockOffsetMilliseconds: Int64
  var receivedMilliseconds: Int64
  /// What its author had seen, in positions of the path to `seenBy`.
  var seenBy: CausalContext
  var prefix: LogPosition
  var also: [ModelPair]
  /// How many backups there were when the last of these facts was told.
  var backupNumber: Int
  var isOwn: Bool
}

struct ModelStaged: Sendable {
  var name: ModelDeltaName
  var entries: [ModelDeltaEntry]
}

/// What a sync keeps in memory.
struct ModelSession: Sendable {
  enum Stage: Sendable {
    case idle, exchange, download, place, fork, compare
    case handBack(ModelPath, left: [ModelHash])
    case enrol(secret: UInt64, name: String)
    case adopt(ReplicaID, name: String, key: Int)
  }

  var stage = Stage.idle
  var response: ModelExchanged?
  var relocationCount = 0
  var adoptionCount = 0
  var exchangeCount = 0
  var attemptCount = 0
  var sealedAtStart: UInt64 = 0
  /// Why it ended, if not because all was done.
  var failure: String?
}
