package import Deltas

/// How one column's conflicts come out. A rule is one file: what it makes of a set of versions.
package protocol MergeRule: Sendable {
  /// The name that policies, ledgers and people use.
  var name: String { get }
  /// Which versions of a cell are kept for the rule.
  var memory: RuleMemory { get }
  /// What at least two versions come to, of which none has seen all others. A function of the set
  /// alone: the caller passes the versions in canonical order.
  func resolve(_ versions: [CellVersion]) -> CellOutcome
}

extension MergeRule {
  package var memory: RuleMemory { .maximal }
}

/// Which versions of a cell a rule needs.
package enum RuleMemory: Hashable, Sendable {
  /// Those that no other version has seen.
  case maximal
  /// Every write that says what it changed, until it is causally stable or somebody who had seen
  /// it wrote the value anew without saying so.
  case operations
}

/// What a rule makes of a cell's versions.
package struct CellOutcome: Hashable, Sendable {
  package var value: Value
  /// The index of the version whose value it is; nil if it was put together.
  package var standing: Int?
  /// The indices, ascending, of the versions that do not have their way: kept, and shown.
  package var overruled: [Int]
  /// `.open` if a person is to decide.
  package var state: ConflictState
  package var explanation: MergeExplanation

  package init(
    value: Value, standing: Int?, overruled: [Int], state: ConflictState = .settled,
    explanation: MergeExplanation
  ) {
    self.value = value
    self.standing = standing
    self.overruled = overruled
    self.state = state
    self.explanation = explanation
  }
}
