/// How soon a planted bug was caught.
package struct MutantResult: Sendable {
  package var mutant: Mutant
  /// Of each trial that caught it, ascending.
  package var seedCounts: [Int]
  package var trialCount: Int
  package var oracles: [String: Int]

  /// The head of a table of them.
  package static let markdownHead = """
    | Bug | What goes wrong | Histories | Caught by | Median seeds |
    | --- | --- | --- | --- | --- |
    """

  /// A line of the table.
  package var markdown: String {
    let found = oracles.keys.sorted().joined(separator: "; ")
    let median = seedCounts.isEmpty ? "not caught" : "\(seedCounts[seedCounts.count / 2])"
    return "| `\(mutant.rawValue)` | \(mutant.meaning) | \(mutant.shape.rawValue) | \(found) "
      + "| \(median) |"
  }

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
