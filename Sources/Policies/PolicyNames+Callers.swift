internal import Clocks

/// From numbers back to names.
extension PolicyNames {
  /// What somebody is called.
  enum Caller: Hashable, Sendable {
    case name(String)
    /// One whom no name stands for alone.
    case replica(ReplicaID)
  }

  /// Names that come to these replicas in this order.
  func inOrder(_ replicas: [ReplicaID]) -> [Caller] {
    let callers = callersByFirst
    var result: [Caller] = []
    var rest = replicas[...]
    while let first = rest.first {
      let fitting = callers[first, default: []].first { rest.starts(with: self.replicas($0)) }
      result.append(fitting.map(Caller.name) ?? .replica(first))
      rest = rest.dropFirst(fitting.map { self.replicas($0).count } ?? 1)
    }
    return result
  }

  /// Names that come to these replicas: headquarters, branches by name, the rest by number.
  func unordered(_ replicas: Set<ReplicaID>) -> [Caller] {
    var result: [Caller] = []
    var rest = replicas
    for name in [Self.headquartersName] + branchNames {
      let called = self.replicas(name)
      guard replicas.isSuperset(of: called), !rest.isDisjoint(with: called) else { continue }
      rest.subtract(called)
      result.append(.name(name))
    }
    return result + rest.sorted().map(Caller.replica)
  }

  /// The names that begin with a replica, those of most replicas first.
  private var callersByFirst: [ReplicaID: [String]] {
    var result: [ReplicaID: [String]] = [:]
    for name in [Self.headquartersName] + branchNames {
      if let first = replicas(name).first { result[first, default: []].append(name) }
    }
    return result.mapValues { names in
      let ordered = names.enumerated().sorted { left, right in
        (replicas(right.element).count, left.offset) < (replicas(left.element).count, right.offset)
      }
      return ordered.map(\.element)
    }
  }
}
