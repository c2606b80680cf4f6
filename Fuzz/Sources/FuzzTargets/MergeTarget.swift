internal import Basics
internal import Clocks
internal import Deltas
internal import Merging

/// The merge's laws: the order of delivery does not matter, nothing counts twice, joins are joins,
/// and what stands is what a naive reading of the histories says.
package struct MergeTarget: FuzzTarget {
  package static let name = "merge"
  package static let inputBytesMax = 160
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    var choices = InputBytes(input)
    let history = MergeHistory(&choices)
    guard !history.writes.isEmpty else { return }
    let all = Array(history.writes.indices)
    let state = state(history, all)
    try checkOrder(history, state, &choices)
    try checkJoins(history, state, &choices)
    try hold(state.isAlive == history.isAlive, "A row stands that should not, or the reverse.")
    for column in MergeHistory.columns {
      let shown = state.standing(
        column, table: MergeHistory.table, policy: MergeHistory.policy)?.value
      try hold(shown == history.standing(column), "\(column) shows another value than it should.")
    }
  }

  private func checkOrder(
    _ history: MergeHistory, _ state: RowState, _ choices: inout InputBytes
  ) throws(FuzzFinding) {
    for _ in 0..<3 {
      let order = history.order(&choices)
      try hold(
        self.state(history, order) == state, "The order of delivery matters: \(order).")
      var again = state
      for index in order {
        let merge = history.merge(index, into: &again)
        try hold(again == state, "Change \(index) counts twice.")
        try hold(
          merge.conflicts.isEmpty || merge.isContested, "A conflict that is not contested.")
      }
    }
  }

  private func checkJoins(
    _ history: MergeHistory, _ state: RowState, _ choices: inout InputBytes
  ) throws(FuzzFinding) {
    let order = history.order(&choices)
    let split = choices.number(below: order.count + 1)
    let overlap = choices.number(below: split + 1)
    let left = self.state(history, Array(order[..<split]))
    let right = self.state(history, Array(order[overlap...]))
    try hold(left.joined(right) == state, "A join lacks something that one side has.")
    try hold(right.joined(left) == state, "A join depends on its order.")
    try hold(left.joined(left) == left, "A join with itself is something else.")
    try hold(state.joined(left) == state, "A join with what it has is something else.")
  }

  private func state(_ history: MergeHistory, _ order: [Int]) -> RowState {
    var state = RowState()
    for index in order {
      // Planted: of two concurrent writes the one that comes last stands alone.
      if isBroken, state.cells.values.contains(where: { $0.count > 1 }) { state = RowState() }
      _ = history.merge(index, into: &state)
    }
    return state
  }
}
