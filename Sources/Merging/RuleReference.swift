package import Clocks

/// A rule as a policy names it.
package struct RuleReference: Hashable, Sendable {
  package var name: String
  package var arguments: [Argument]

  package enum Argument: Hashable, Sendable {
    case replica(ReplicaID)
    case integer(Int64)
    case text(String)
  }

  package init(_ name: String, _ arguments: [Argument] = []) {
    self.name = name
    self.arguments = arguments
  }

  package static let latest = RuleReference("latest")
  package static let first = RuleReference("first")
  package static let greatest = RuleReference("greatest")
  package static let least = RuleReference("least")
  package static let counter = RuleReference("counter")
  package static let set = RuleReference("set")
  package static let lines = RuleReference("lines")
  package static let ask = RuleReference("ask")

  /// The most preferred first.
  package static func prefer(_ replicas: [ReplicaID]) -> Self {
    RuleReference("prefer", replicas.map(Argument.replica))
  }
}
