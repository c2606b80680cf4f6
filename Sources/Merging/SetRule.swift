internal import Deltas

/// A JSON array as a set: what one branch puts in survives its removal by another that had not seen
/// it put in.
///
/// The entries stand in the order in which they were first put in and not taken out since. Entries
/// are the same if their JSON is, whatever its spacing and the order of an object's members; 1 and
/// 1.0 are not. NULL counts as the empty set. What is no array is a value that was set; where it
/// stands, nothing is put into it.
package struct SetRule: MergeRule {
  package init() {}
  package var name: String { "set" }
  package var memory: RuleMemory { .operations }

  package func resolve(_ versions: [CellVersion]) -> CellOutcome {
    let history = OperationHistory(versions) { previous, value in
      JSONArray(previous) != nil && JSONArray(value) != nil
    }.begun(versions)
    guard JSONArray(versions[history.beginnings[0]].value) != nil else {
      return history.latest(versions)
    }
    let events = Events(history, versions)
    let result = events.standing
    let overruled = (events.overruledRemovals(result) + events.noArrays).sorted()
    // Branches that agree keep their spelling.
    let maximal = OperationHistory.maximal(versions).filter {
      JSONArray(versions[$0].value)?.elements == result
    }
    let alike = maximal.min { LatestRule.stands(versions[$0].version, over: versions[$1].version) }
    return CellOutcome(
      value: alike.map { versions[$0].value } ?? JSONArray(result).value,
      standing: alike, overruled: overruled,
      explanation: history.explanation(versions, overruled) ?? .addOverRemove)
  }

  /// What was put in and taken out, by whom.
  private struct Events {
    private let versions: [CellVersion]
    /// Entries as they were put in, in canonical order.
    private var adds: [(element: [UInt8], by: Int)] = []
    private var removals: [[UInt8]: [Int]] = [:]
    /// Beginnings that are no arrays.
    private(set) var noArrays: [Int] = []

    init(_ history: OperationHistory, _ versions: [CellVersion]) {
      self.versions = versions
      for index in history.beginnings {
        guard let array = JSONArray(versions[index].value) else {
          noArrays.append(index)
          continue
        }
        adds += array.elements.map { ($0, index) }
      }
      for index in history.line(versions) {
        guard let old = versions[index].previous.flatMap(JSONArray.init),
          let new = JSONArray(versions[index].value)
        else { continue }
        let (oldSet, newSet) = (Set(old.elements), Set(new.elements))
        adds += new.elements.filter { !oldSet.contains($0) }.map { ($0, index) }
        for element in old.elements where !newSet.contains(element) {
          removals[element, default: []].append(index)
        }
      }
    }

    /// The entries whose putting in nobody knew who took them out.
    var standing: [[UInt8]] {
      var seen: Set<[UInt8]> = []
      return adds.compactMap { element, author in
        let isOut = (removals[element] ?? []).contains { hasSeen($0, author) }
        return !isOut && seen.insert(element).inserted ? element : nil
      }
    }

    /// Those who took out what stays, and nobody who knew of that has put it in again.
    func overruledRemovals(_ standing: [[UInt8]]) -> [Int] {
      var result: Set<Int> = []
      for element in standing {
        for remover in removals[element] ?? [] {
          let isSuperseded =
            adds.contains { $0.element == element && hasSeen($0.by, remover) }
            || (removals[element] ?? []).contains { hasSeen($0, remover) }
          if !isSuperseded { result.insert(remover) }
        }
      }
      return Array(result)
    }

    private func hasSeen(_ left: Int, _ right: Int) -> Bool {
      versions[left].version.hasSeen(versions[right].version)
    }
  }
}
