package import Basics
package import Clocks

/// Push and pull in one round trip: small changesets inline, then everything new from the log.
package struct ExchangeRequest: Hashable, Sendable {
  package var schemaFingerprint: ContentHash
  /// The generation and position that the branch has durably integrated: its acknowledgement.
  /// Nil before its first exchange.
  package var integrated: CausalContext?
  /// The branch's wall clock while sending.
  package var wallMilliseconds: Int64
  /// Whole changeset streams, in the order of their counters.
  package var changesets: [[UInt8]]
  /// A changeset that was uploaded in pieces and is to be accepted now, before `changesets`.
  package var uploaded: UploadedChangeset?
  /// Where a partly staged delta from the integrated position ends. The hub ends its answer there
  /// too, so that a slow transfer goes on while the log grows; what is newer comes next time.
  package var resumeTo: LogPosition?
  /// What the hub said is the hash of its log at the integrated position.
  package var logHash: ContentHash?
  /// The least position that a context of the outbox or of a deferred row still names, else the
  /// integrated one: nothing that happened later may be forgotten because of this branch.
  package var floor: LogPosition
  /// The last changeset that this database has sealed on its chain.
  package var sealed: ChainHead
  /// The number of the last notice that the branch has.
  package var noticed: UInt64
  /// The hub's generation at which this database had handed back all it has; nil if it never did.
  package var handedTo: GenerationID?
  /// Whether the branch met a changeset of its own chain that it does not have: the answer's delta
  /// is for anyone.
  package var wantsAll: Bool

  package init(
    schemaFingerprint: ContentHash, integrated: CausalContext?, wallMilliseconds: Int64,
    changesets: [[UInt8]], uploaded: UploadedChangeset?, resumeTo: LogPosition? = nil,
    logHash: ContentHash? = nil, floor: LogPosition = .start, sealed: ChainHead = .none,
    noticed: UInt64 = 0, handedTo: GenerationID? = nil, wantsAll: Bool = false
  ) {
    self.schemaFingerprint = schemaFingerprint
    self.integrated = integrated
    self.wallMilliseconds = wallMilliseconds
    self.changesets = changesets
    self.uploaded = uploaded
    self.resumeTo = resumeTo
    self.logHash = logHash
    self.floor = floor
    self.sealed = sealed
    self.noticed = noticed
    self.handedTo = handedTo
    self.wantsAll = wantsAll
  }
}
