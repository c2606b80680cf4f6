internal import Deltas

/// A list of conflicts that is read says the same when it is written again.
package struct ConflictsTarget: FuzzTarget {
  package static let name = "conflicts"
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    guard var conflicts = try? Conflict.list(payload: input) else { return }
    // Planted: a conflict's base is forgotten.
    if isBroken { for index in conflicts.indices { conflicts[index].bases = nil } }
    try hold(
      Conflict.payload(of: conflicts) == input, "Conflicts are written again with other bytes.")
    for conflict in conflicts {
      try hold(conflict.sides.count >= 2, "A conflict has fewer than two values.")
    }
  }
}
