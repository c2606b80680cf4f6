internal import Deltas

/// The digests of a place's tracked tables.
struct DigestReport {
  private let tables: [(table: TableSchema, digest: StateDigest)]
  /// Those whose rows stay at the hub: elsewhere there are others.
  private let withheld: Set<TableID>

  init(_ tables: [(table: TableSchema, digest: StateDigest)], withheld: Set<TableID>) {
    self.tables = tables.sorted { $0.table.name < $1.table.name }
    self.withheld = withheld
  }

  var json: JSONValue {
    let members = tables.map { table, digest in
      let value: JSONValue =
        withheld.contains(table.id)
        ? [
          "rows": .count(digest.rowCount), "digest": .string(digest.description),
          "compared": .bool(false),
        ]
        : ["rows": .count(digest.rowCount), "digest": .string(digest.description)]
      return JSONValue.Member(name: table.name, value: value)
    }
    return ["tables": .object(members)]
  }

  func lines(style: TextStyle) -> [String] {
    var text = TextTable([.init("table"), .init("rows", isNumber: true), .init("digest")])
    for (table, digest) in tables {
      text.append([
        ValueText.escaped(table.name), NumberText.grouped(digest.rowCount), digest.description,
      ])
    }
    let notCompared = tables.map(\.table).filter { withheld.contains($0.id) }
    return text.lines(style: style)
      + notCompared.map {
        "Not compared: what branches write in \(ValueText.escaped($0.name)) stays at the hub."
      }
  }
}
