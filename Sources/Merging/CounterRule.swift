internal import Deltas

/// Concurrent increments and decrements add up.
///
/// The count begins with the latest value that was set without saying what was there before; what
/// each write since added to what its author had is added to that. NULL counts as 0. Integers add
/// exactly, and become a real, as in SQLite, where the sum fits none. What is no number is a value
/// that was set; where it stands, nothing is added to it.
package struct CounterRule: MergeRule {
  package init() {}
  package var name: String { "counter" }
  package var memory: RuleMemory { .operations }

  package func resolve(_ versions: [CellVersion]) -> CellOutcome {
    let history = OperationHistory(versions) { previous, value in
      Number(previous) != nil && Number(value) != nil
    }.begun(versions)
    let beginning = versions[history.beginnings[0]]
    let overruled = history.beginnings.filter { versions[$0].value != beginning.value }.sorted()
    guard let start = Number(beginning.value) else { return history.latest(versions) }
    guard !history.operations.isEmpty else {
      return CellOutcome(
        value: beginning.value, standing: history.beginnings[0], overruled: overruled,
        explanation: history.explanation(versions, overruled) ?? .increments)
    }
    var sum = Sum(start)
    // Sums of reals depend on their order.
    let operations =
      history.operations.allSatisfy { versions[$0].isWhole }
      ? history.operations : history.line(versions)
    for index in operations {
      guard let previous = versions[index].previous.flatMap(Number.init),
        let value = Number(versions[index].value)
      else { continue }
      sum.add(from: previous, to: value)
    }
    return CellOutcome(
      value: sum.value, standing: nil, overruled: overruled, explanation: .increments)
  }

  /// What can be added.
  private enum Number {
    case integer(Int64)
    /// Finite.
    case real(Double)

    init?(_ value: Value) {
      switch value {
      case .null: self = .integer(0)
      case .integer(let integer): self = .integer(integer)
      case .real(let bits):
        let real = Double(bitPattern: bits)
        guard real.isFinite else { return nil }
        self = .real(real)
      case .text, .blob: return nil
      }
    }

    var real: Double {
      switch self {
      case .integer(let integer): Double(integer)
      case .real(let real): real
      }
    }
  }

  /// Of integers exact in any order; of reals in the order in which they are added.
  private struct Sum {
    private var whole: Int128 = 0
    private var reals: [Double] = []

    init(_ start: Number) {
      switch start {
      case .integer(let integer): whole = Int128(integer)
      case .real(let real): reals = [real]
      }
    }

    mutating func add(from previous: Number, to value: Number) {
      if case (.integer(let before), .integer(let after)) = (previous, value) {
        whole += Int128(after) - Int128(before)
      } else {
        reals.append(value.real - previous.real)
      }
    }

    var value: Value {
      if reals.isEmpty, let integer = Int64(exactly: whole) { return .integer(integer) }
      return .real(reals.reduce(Double(whole), +))
    }
  }
}

extension CellVersion {
  fileprivate var isWhole: Bool {
    if case .real = value { return false }
    if case .real? = previous { return false }
    return true
  }
}
