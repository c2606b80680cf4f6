internal import FoundationEssentials

/// The little of a ledger entry that the demo speaks of, read from `conflicts --json`.
struct DemoConflict: Decodable {
  struct Entry: Decodable {
    var branch: String
    var value: String?
    var at: String?

    var shown: String { value ?? "its deletion" }
  }

  var key: String
  var column: String?
  /// The standing one first.
  var values: [Entry]

  private struct Document: Decodable {
    var conflicts: [DemoConflict]
  }

  static func list(_ world: DemoWorld) throws -> [DemoConflict] {
    let text = try world.run(["conflicts", "hub", "--json"], isShown: false)
    return try JSONDecoder().decode(Document.self, from: Data(text.utf8)).conflicts
  }
}
