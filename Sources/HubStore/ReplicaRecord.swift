package import Basics
package import Clocks
internal import Deltas

/// Whether a replica takes part.
package enum ReplicaState: Int64, Hashable, Sendable {
  case active = 1
  /// Refused from its next request on.
  case revoked = 2
  /// Must not come back. What its device still sends is kept apart, for people to decide.
  case retired = 3
  /// A chain without a device: changesets that were handed back and that no device's chain has.
  case past = 4
  /// The hub's own chain, without a device.
  case headquarters = 5
}

/// What the registry knows of a branch.
package struct ReplicaRecord: Hashable, Sendable {
  package var id: ReplicaID
  package var name: String
  package var state: ReplicaState
  package var registeredMilliseconds: Int64
  /// The SHA-256 of the device's certificate, once it has one.
  package var certificateFingerprint: ContentHash?
  /// What the branch has told that it has durably integrated.
  package var acknowledgedPosition: LogPosition
  /// What it was sent, acknowledged or not.
  package var deliveredPosition: LogPosition
  package var lastContactMilliseconds: Int64?
  /// When an exchange last left nothing for either side to ask or tell.
  package var lastCompleteSyncMilliseconds: Int64?
  /// How far the hub's clock was ahead of the branch's.
  package var clockOffsetMilliseconds: Int64?
  /// The last changeset of its chain: 0 and zeroes before the first.
  package var chainCounter: UInt64
  package var chainHash: ContentHash
  /// No changeset that it has sealed or will seal had integrated less of the log than this.
  package var floor: LogPosition
  /// The changeset that its chain continues another chain after, whether the log has it or not.
  package var parentHash: ContentHash?
  /// That changeset's name, once the log has it.
  package var parent: Dot?

  /// A row of `HubSQL.selectReplica` and its like.
  init(_ row: [Value]) {
    id = row[0].asReplica
    name = row[1].asText
    state = ReplicaState(rawValue: row[2].asInteger) ?? .revoked
    registeredMilliseconds = row[3].asInteger
    certificateFingerprint = row[4].asHash
    acknowledgedPosition = row[5].asPosition
    deliveredPosition = row[6].asPosition
    lastContactMilliseconds = row[7].integerValue
    lastCompleteSyncMilliseconds = row[8].integerValue
    clockOffsetMilliseconds = row[9].integerValue
    chainCounter = row[10].asCounter
    chainHash = row[11].asHash ?? .zero
    floor = row[12].asPosition
    parentHash = row[13].asHash
    parent =
      row[14] == .null ? nil : Dot(replica: row[14].asReplica, counter: row[15].asCounter)
  }
}

/// A branch as the hub's operator sees it.
package struct BranchRecord: Hashable, Sendable {
  package var replica: ReplicaRecord
  /// Its own changesets that the hub has taken in.
  package var changesetCount: Int
  /// Other replicas' changesets that it has not been sent, and the rows in them.
  package var pendingDownChangesets: Int
  package var pendingDownRows: Int
}
