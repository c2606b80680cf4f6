internal import Deltas

/// What a rule makes of a cell's versions.
package struct CellDecision: Hashable, Sendable {
  /// The value that stands, with its version; of a value that was put together, with the latest
  /// version that had a part in it.
  package let shown: CellVersion
  /// What the rule was given, in canonical order.
  package let versions: [CellVersion]
  /// Nil where there was nothing to decide: one version has seen all others.
  package let outcome: CellOutcome?

  /// `candidates` are in canonical order, at least one.
  package init(_ candidates: [CellVersion], by rule: any MergeRule) {
    versions = rule.memory == .maximal ? Self.maximal(candidates) : candidates
    if let last = Self.last(versions) {
      (shown, outcome) = (last, nil)
      return
    }
    let outcome = rule.resolve(versions)
    self.outcome = outcome
    if let standing = outcome.standing {
      shown = versions[standing]
    } else {
      shown = CellVersion(
        version: Self.latest(versions, without: outcome.overruled), value: outcome.value)
    }
  }

  /// The version that has seen all others, if there is one. O(n).
  private static func last(_ versions: [CellVersion]) -> CellVersion? {
    var last = 0
    for index in versions.indices.dropFirst()
    where versions[index].version.hasSeen(versions[last].version) {
      last = index
    }
    let candidate = versions[last]
    let hasSeenAll = versions.indices.allSatisfy {
      $0 == last || candidate.version.hasSeen(versions[$0].version)
    }
    return hasSeenAll ? candidate : nil
  }

  /// Operations are left in a cell whose rule once counted them.
  private static func maximal(_ versions: [CellVersion]) -> [CellVersion] {
    guard versions.contains(where: { !$0.isAbsolute }) else { return versions }
    return versions.filter { version in
      !versions.contains { $0.version.hasSeen(version.version) }
    }
  }

  private static func latest(_ versions: [CellVersion], without overruled: [Int]) -> Version {
    var latest: Version?
    for index in versions.indices where !overruled.contains(index) {
      let version = versions[index].version
      if let best = latest, !LatestRule.stands(version, over: best) { continue }
      latest = version
    }
    return latest ?? versions[0].version
  }
}
