package import Clocks

/// How far a row's last change has got, and one changeset.
package struct TraceResponse: Hashable, Sendable {
  /// Where an entry stands in the log, and when the hub received it.
  package struct Arrival: Hashable, Sendable {
    package var position: LogPosition
    package var receivedMilliseconds: Int64

    package init(position: LogPosition, receivedMilliseconds: Int64) {
      self.position = position
      self.receivedMilliseconds = receivedMilliseconds
    }
  }

  /// A branch that takes part, and what it has told that it has.
  package struct Branch: Hashable, Sendable {
    package var name: String
    package var acknowledged: LogPosition
    package var lastContactMilliseconds: Int64?

    package init(name: String, acknowledged: LogPosition, lastContactMilliseconds: Int64?) {
      self.name = name
      self.acknowledged = acknowledged
      self.lastContactMilliseconds = lastContactMilliseconds
    }
  }

  /// The changeset that was asked for; nil if the hub does not have it, or not any more.
  package var changeset: Arrival?
  /// The last entry that touched the row; nil if the hub never had any, or if all branches that are
  /// not away are past it and nothing more is known.
  package var last: Arrival?
  /// The sender not among them.
  package var branches: [Branch]

  package init(changeset: Arrival?, last: Arrival?, branches: [Branch]) {
    self.changeset = changeset
    self.last = last
    self.branches = branches
  }
}
