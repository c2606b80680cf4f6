internal import Clocks
internal import Deltas

/// What a branch asks of the hub.
enum ModelRequest: Sendable {
  case exchange(ModelExchange)
  case download(ModelDownload)
  case place(CausalContext, logHash: ModelHash)
  case handBack(ModelHandBack)
  case fork(name: String)
  case enrol(secret: UInt64, key: Int)
  case adopt(ModelAdoption)
  case compare

  /// Whether two messages are of one kind, so that an answer to one could be one to the other.
  var kind: Int {
    switch self {
    case .exchange: 0
    case .download: 1
    case .place: 2
    case .handBack: 3
    case .fork: 4
    case .enrol: 5
    case .adopt: 6
    case .compare: 7
    }
  }
}

/// What the hub answers.
enum ModelAnswer: Sendable {
  case exchanged(ModelExchanged)
  case downloaded(offset: Int, entries: [ModelDeltaEntry])
  case path(ModelPath)
  /// Where this log has the entries, on the path to a place.
  case handedBack(
    place: CausalContext, positions: [LogPosition], lossCount: Int, renaming: ModelRenaming?)
  case forkOffer(secret: UInt64, name: String)
  case enrolled(replica: ReplicaID, name: String)
  case adopted(parent: ModelHash)
  case compared(place: CausalContext, rows: [[Value]?])
  case refused(ModelRefusal)
}

enum ModelRefusal: Hashable, Sendable {
  case chainBroken, unknownPosition, revoked, retired, tokenUnknown, notAllowed, anotherHub
}

struct ModelExchange: Sendable {
  var place: CausalContext
  var logHash: ModelHash
  var floor: LogPosition
  var sealed: ModelHead
  var changesets: [ModelChangeset]
  var wallMilliseconds: Int64
  var noticed: Int
  /// The hub's generation to which all of the tail was handed back.
  var handedTo: GenerationID?
  /// The delta must have the branch's own blocks.
  var wantsAll: Bool
  /// Where a delta ends of which a part is staged.
  var resumeTo: CausalContext?
}

struct ModelExchanged: Sendable {
  var accepted: [ModelAccepted]
  /// The branch's place, as it was sent.
  var place: CausalContext
  /// Where that is in the hub's log.
  var from: LogPosition
  var to: CausalContext
  var isHead: Bool
  var entryCount: Int
  var entries: [ModelDeltaEntry]
  var isForAnyone: Bool
  /// Positions of the branch's lost timeline that nobody has named.
  var lossCount: Int
  var whole: ModelWholeState?
  var logHash: ModelHash
  var durable: LogPosition
  var backupNumber: Int
  var links: [LineageLink]
  var notices: [ModelNotice]
  var clockOffsetMilliseconds: Int64
}

struct ModelAccepted: Hashable, Sendable {
  var counter: UInt64
  var hash: ModelHash
  var position: LogPosition
  var clockOffsetMilliseconds: Int64
  var receivedMilliseconds: Int64
}

struct ModelNotice: Hashable, Sendable {
  var number: Int
  var text: String
}

/// A delta is named by these; its entries are fetched in pieces.
struct ModelDeltaName: Hashable, Sendable {
  var place: CausalContext
  var to: CausalContext
  var isForAnyone: Bool
  var logHash: ModelHash
}

struct ModelDownload: Sendable {
  var name: ModelDeltaName
  var offset: Int
}

/// An entry of a delta.
struct ModelDeltaEntry: Sendable {
  var position: LogPosition
  var dot: Dot
  var changeset: ModelChangeset
  var hasBlocks: Bool
  var outcomes: [ModelOutcome]
  var clockOffsetMilliseconds: Int64
  var receivedMilliseconds: Int64
  var name: String
  /// What the author had seen, in positions of the log that sends it.
  var prefix: LogPosition
  var also: [ModelPair]
}

/// A row as it stood after an entry; nil if it did not.
struct ModelOutcome: Sendable {
  var row: Int
  var values: [Value]?
}

/// The standing rows instead of the log.
struct ModelWholeState: Sendable {
  var rows: [[Value]?]
  /// For the world: what went into each row.
  var marks: [Marks]
}

/// An entry that an author had seen above its prefix: where on the path of its context (0: on its
/// own chain), and where in this log.
struct ModelPair: Hashable, Sendable {
  var since: LogPosition
  var here: LogPosition
}

struct ModelPath: Sendable {
  var links: [LineageLink]
  var head: CausalContext
  /// The hub was turned back within the generation of the branch's place.
  var isAmbiguous: Bool
}

/// What a stretch of a generation that named two histories is called from now on.
struct ModelRenaming: Hashable, Sendable {
  var generation: GenerationID
  var above: LogPosition
  var new: GenerationID
}

struct ModelHandBack: Sendable {
  /// The hub's generation when it told its path.
  var toward: GenerationID
  var logHash: ModelHash
  var links: [LineageLink]
  var place: CausalContext
  var fork: LogPosition
  var entries: [ModelHanded]
  var isLast: Bool
  var isAmbiguous: Bool
}

struct ModelHanded: Sendable {
  var places: [CausalContext]
  var dot: Dot
  var name: String
  var clockOffsetMilliseconds: Int64
  var receivedMilliseconds: Int64
  var changeset: ModelChangeset
  /// What its author had seen by the log that sent it: the place whose path the positions are on.
  var seenBy: CausalContext
  var prefix: LogPosition
  var also: [ModelPair]
}

struct ModelAdoption: Sendable {
  var previous: ReplicaID
  var confirmed: ModelHead
}
