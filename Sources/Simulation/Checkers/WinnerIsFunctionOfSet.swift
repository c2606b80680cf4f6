internal import Clocks
internal import Deltas

/// What stands at the hub is what a plain fold over the whole history says, and so depends on
/// nothing else, least of all on the order of arrival.
package enum WinnerIsFunctionOfSet: Checker {
  package static let name = "WinnerIsFunctionOfSet"
  package static let promise =
    "what stands follows from the set of changes alone, not from their order of arrival."

  package static func violations(in evidence: Evidence) -> [Violation] {
    guard !evidence.hasRefusals else { return [] }
    let world = evidence.world
    var expected: Rows = [:]
    for key in world.changes.keys { expected[key] = world.row(key, at: world.head) }
    let differing = Convergence.differences(expected, evidence.hub.rows)
    return differing.filter { !world.lateRows.contains($0) }.map { key in
      violation(
        "\(world.schema.name(key)) is \(Convergence.shown(evidence.hub.rows[key])) at the hub;"
          + " its history says \(Convergence.shown(expected[key])).")
    }
  }
}
