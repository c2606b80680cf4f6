internal import FoundationEssentials

/// The digests of the hub and the three branches, read from `digest --json`.
struct DemoDigests {
  private struct Document: Decodable {
    struct Table: Decodable, Hashable {
      var rows: Int
      var digest: String
    }
    var tables: [String: Table]
  }

  private let places: [(name: String, document: Document)]

  init(_ world: DemoWorld) throws {
    let named = [("hub", "hub")] + DemoBranch.all.map { ($0.name, $0.file) }
    places = try named.map { name, path in
      let text = try world.run(["digest", path, "--json"], isShown: false)
      return (name, try JSONDecoder().decode(Document.self, from: Data(text.utf8)))
    }
  }

  var areEqual: Bool {
    places.allSatisfy { $0.document.tables == places.first?.document.tables }
  }

  var table: TextTable {
    let names = (places.first?.document.tables.keys).map { $0.sorted() } ?? []
    var table = TextTable([.init("")] + names.map { .init($0) })
    for (name, document) in places {
      table.append(
        [name]
          + names.map { table in
            document.tables[table].map {
              "\(NumberText.counted($0.rows, "row"))  \($0.digest.prefix(10))"
            } ?? "-"
          })
    }
    return table
  }
}
