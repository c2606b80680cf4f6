internal import Foundation

extension MergeStory {
  /// The names of all cases, ascending.
  package static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: fixture("Merges").path)) ?? [])
    .filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(".txt".count)) }.sorted()

  package init(named name: String) throws {
    try self.init(String(contentsOf: fixture("Merges/\(name).txt"), encoding: .utf8))
  }
}
