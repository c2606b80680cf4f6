package import Basics
package import Clocks
internal import Deltas

/// Where a changeset's stream is.
package enum ChangesetSource: Hashable, Sendable {
  /// It came with the request.
  case inline([UInt8])
  /// It was uploaded in pieces.
  case staged(counter: UInt64, contentHash: ContentHash, byteCount: Int)

  var byteCount: Int {
    switch self {
    case .inline(let bytes): bytes.count
    case .staged(_, _, let byteCount): byteCount
    }
  }
}

/// A changeset that the log has, now or from before.
package struct AcceptedEntry: Hashable, Sendable {
  package var counter: UInt64
  package var contentHash: ContentHash
  package var position: LogPosition
  /// False if the hub had it already.
  package var isNew: Bool
  /// The rows it changed; 0 unless it is new.
  package var rowCount: Int
}

/// What a branch is to have of the log.
package enum DeltaPlan: Hashable, Sendable {
  /// It has everything up to here, the head.
  case nothing(at: LogPosition)
  /// The log between two positions, as made for a receiver; the hub stands for anyone.
  case log(from: LogPosition, to: LogPosition, receiver: ReplicaID)
  /// The rows that stand at a position, since the log no longer reaches back to what it has.
  case wholeState(at: LogPosition)

  package var from: LogPosition {
    switch self {
    case .nothing(let position): position
    case .log(let from, _, _): from
    case .wholeState: .start
    }
  }

  package var to: LogPosition {
    switch self {
    case .nothing(let position): position
    case .log(_, let to, _), .wholeState(let to): to
    }
  }

  /// Whether it has all blocks, those of the receiver's own changesets too.
  package var isForAnyone: Bool {
    switch self {
    case .nothing: false
    case .log(_, _, let receiver): receiver == .hub
    case .wholeState: true
    }
  }

  package var isWholeState: Bool {
    if case .wholeState = self { true } else { false }
  }
}

/// What an exchange came to.
package struct Acceptance: Hashable, Sendable {
  /// Beside the sources.
  package var entries: [AcceptedEntry]
  /// The delta that the branch is to have now.
  package var plan: DeltaPlan
  /// That delta's length; 0 if there is nothing new.
  package var deltaByteCount: Int
  /// How many entries of the branch's timeline are known to be lost.
  package var lossCount = 0

  package var deltaTo: LogPosition { plan.to }
}

/// A place in a chain.
package struct ChainPoint: Hashable, Sendable {
  /// 0 before the first changeset.
  package var counter: UInt64
  package var contentHash: ContentHash

  package init(counter: UInt64, contentHash: ContentHash) {
    self.counter = counter
    self.contentHash = contentHash
  }
}

/// What a branch says of itself with its changesets.
package struct Contact: Hashable, Sendable {
  package var replica: ReplicaID
  /// Whether its certificate is of our authority, but not the one that the registry has.
  package var isStranger = false
  /// What it has durably integrated; nil before its first exchange.
  package var integrated: CausalContext?
  /// The hash of the log up to there, as the branch was told it.
  package var logHash: ContentHash?
  /// The generation of this hub at which the database had handed back all it has.
  package var handedTo: GenerationID?
  /// Whether the branch lacks changesets of its own.
  package var wantsAll = false
  /// The least position that its unconfirmed changesets or waiting rows still build on; nil stands
  /// for what it has integrated.
  package var floor: LogPosition?
  /// The last changeset that the database has sealed; nil leaves that out of the check.
  package var sealed: ChainPoint?
  /// Where a delta ends of which the branch has a part; nil if it has none.
  package var resumeTo: LogPosition?
  /// A delta up to this length goes with the answer, and counts as delivered.
  package var inlineBytesMax: Int
  /// How far the hub's clock is ahead of the branch's.
  package var clockOffsetMilliseconds: Int64
  /// The hub's wall clock.
  package var receivedMilliseconds: Int64

  package init(
    replica: ReplicaID, integrated: CausalContext?, resumeTo: LogPosition? = nil,
    inlineBytesMax: Int = 0, clockOffsetMilliseconds: Int64, receivedMilliseconds: Int64
  ) {
    self.replica = replica
    self.integrated = integrated
    self.resumeTo = resumeTo
    self.inlineBytesMax = inlineBytesMax
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.receivedMilliseconds = receivedMilliseconds
  }
}
