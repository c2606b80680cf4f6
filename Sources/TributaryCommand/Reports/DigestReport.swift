internal import Deltas

/// The digests of a place's tracked tables.
struct DigestReport {
  private let tables: [(table: TableSchema, digest: StateDigest)]

  init(_ tables: [(table: TableSchema, digest: StateDigest)]) {
    self.tables = tables.sorted { $0.table.name < $1.table.name }
  }

  var json: JSONValue {
    let members = tables.map { table, digest in
      JSONValue.Member(
        name: table.name,
        value: [
          "rows": .count(digest.rowCount), "digest": .string(digest.description),
        ])
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
    return text.lines(style: style)
  }
}
