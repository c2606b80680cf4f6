package import Deltas

/// A person decides; until then the latest write stands.
package struct AskRule: VersionRule {
  package init() {}
  package var name: String { "ask" }
  package var state: ConflictState { .open }

  package func stands(_ left: Version, over right: Version) -> Bool {
    LatestRule.stands(left, over: right)
  }

  package func explanation(_ standing: Version, over rival: Version) -> MergeExplanation {
    .waitsForPerson(LatestRule.explanation(standing, over: rival))
  }
}
