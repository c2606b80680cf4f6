/// How soon a planted bug was caught.
package struct MutantResult: Sendable {
  package var mutant: Mutant
  /// Of each trial that caught it, ascending.
  package var seedCounts: [Int]
  package var trialCount: Int
  package var oracles: [String: Int]

  /// One line for people.
  package var text: String {
    let name = mutant.rawValue
    let padding = String(repeating: " ", count: max(1, 28 - name.count))
    guard let last = seedCounts.last else { return "\(name)\(padding)not caught" }
    let found = oracles.sorted { $0.key < $1.key }.map { "\($0.key) ×\($0.value)" }
    return "\(name)\(padding)caught \(seedCounts.count)/\(trialCount), seeds median "
      + "\(seedCounts[seedCounts.count / 2]) max \(last): \(found.joined(separator: "; "))"
  }
}
