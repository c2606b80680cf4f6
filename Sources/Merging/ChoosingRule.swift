internal import Basics
package import Deltas

/// A rule that takes one of the values as it is, by a strict total order over versions.
///
/// The total order makes the choice a function of the set, and leaves it as it is when versions
/// that were not chosen are forgotten.
package protocol ChoosingRule: MergeRule {
  /// Whether one version comes before the other.
  func stands(_ left: CellVersion, over right: CellVersion) -> Bool
  /// Why, where the first was chosen.
  func explanation(_ standing: CellVersion, over rival: CellVersion) -> MergeExplanation
  /// Of its conflicts: `.open` if a person is to decide.
  var state: ConflictState { get }
}

extension ChoosingRule {
  package var state: ConflictState { .settled }

  package func resolve(_ versions: [CellVersion]) -> CellOutcome {
    invariant(versions.count > 1, "A rule chooses among at least two versions.")
    var standing = 0
    for index in versions.indices.dropFirst()
    where stands(versions[index], over: versions[standing]) {
      standing = index
    }
    let chosen = versions[standing]
    let overruled = versions.indices.filter { versions[$0].value != chosen.value }
    // What it stood against: the best of the others, preferably one with another value.
    let others = overruled.isEmpty ? versions.indices.filter { $0 != standing } : overruled
    var rival = versions[others[0]]
    for index in others.dropFirst() where stands(versions[index], over: rival) {
      rival = versions[index]
    }
    return CellOutcome(
      value: chosen.value, standing: standing, overruled: overruled, state: state,
      explanation: explanation(chosen, over: rival))
  }
}

/// A rule that chooses by who wrote and when, whatever the values are: it can decide several
/// columns as one.
package protocol VersionRule: ChoosingRule {
  func stands(_ left: Version, over right: Version) -> Bool
  func explanation(_ standing: Version, over rival: Version) -> MergeExplanation
}

extension VersionRule {
  package func stands(_ left: CellVersion, over right: CellVersion) -> Bool {
    stands(left.version, over: right.version)
  }

  package func explanation(
    _ standing: CellVersion, over rival: CellVersion
  ) -> MergeExplanation {
    explanation(standing.version, over: rival.version)
  }
}
