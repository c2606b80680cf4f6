internal import Deltas

/// What a rule that counts operations has to count: where a cell begins, and what was done since.
struct OperationHistory {
  /// The indices of the absolute versions that no other absolute has seen, the one that stands
  /// first: the latest.
  let beginnings: [Int]
  /// The indices of the operations that no absolute version has seen, in canonical order.
  let operations: [Int]

  /// `isOperation` says whether a rule can take a write as an operation: what it cannot counts as
  /// absolute. Without any absolute version the earliest operation counts as one.
  init(_ versions: [CellVersion], isOperation: (_ previous: Value, _ value: Value) -> Bool) {
    var absolutes: [Int] = []
    var operations: [Int] = []
    for (index, version) in versions.enumerated() {
      if let previous = version.previous, isOperation(previous, version.value) {
        operations.append(index)
      } else {
        absolutes.append(index)
      }
    }
    func isSeen(_ index: Int) -> Bool {
      absolutes.contains { versions[$0].version.hasSeen(versions[index].version) }
    }
    operations.removeAll(where: isSeen)
    beginnings = absolutes.filter { !isSeen($0) }.sorted {
      LatestRule.stands(versions[$0].version, over: versions[$1].version)
    }
    self.operations = operations
  }

  /// A cell of which nobody knows how it began: its earliest operation counts as that.
  func begun(_ versions: [CellVersion]) -> OperationHistory {
    guard beginnings.isEmpty, !operations.isEmpty else { return self }
    let first = operations[CausalLine.order(operations.map { versions[$0] })[0]]
    return OperationHistory(
      beginnings: [first], operations: operations.filter { $0 != first })
  }

  private init(beginnings: [Int], operations: [Int]) {
    self.beginnings = beginnings
    self.operations = operations
  }

  /// The operations, each after those it had seen.
  func line(_ versions: [CellVersion]) -> [Int] {
    CausalLine.order(operations.map { versions[$0] }).map { operations[$0] }
  }

  /// What rules come to where the standing beginning is nothing that operations can be done on: of
  /// all that nobody has seen, the latest.
  func latest(_ versions: [CellVersion]) -> CellOutcome {
    let all = (beginnings + operations).sorted()
    let maximal = all.filter { index in
      !all.contains { versions[$0].version.hasSeen(versions[index].version) }
    }
    guard maximal.count > 1 else {
      return CellOutcome(
        value: versions[maximal[0]].value, standing: maximal[0], overruled: [],
        explanation: .laterWrite)
    }
    var outcome = LatestRule().resolve(maximal.map { versions[$0] })
    outcome.standing = outcome.standing.map { maximal[$0] }
    outcome.overruled = outcome.overruled.map { maximal[$0] }
    return outcome
  }

  /// Why the standing beginning stands, where another has another value; else nil.
  func explanation(_ versions: [CellVersion], _ overruled: [Int]) -> MergeExplanation? {
    beginnings.first(where: overruled.contains).map {
      LatestRule.explanation(versions[beginnings[0]].version, over: versions[$0].version)
    }
  }

  /// The indices of the versions that no other has seen.
  static func maximal(_ versions: [CellVersion]) -> [Int] {
    versions.indices.filter { index in
      !versions.contains { $0.version.hasSeen(versions[index].version) }
    }
  }
}
