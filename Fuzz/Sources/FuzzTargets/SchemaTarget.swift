internal import Deltas

/// A schema that is read says the same when it is written again; its fingerprint does not depend on
/// the order in which tables and columns stand.
package struct SchemaTarget: FuzzTarget {
  package static let name = "schema"
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    guard let schema = try? Schema(encoded: input) else { return }
    // Planted: statements besides the tables are forgotten.
    let kept = isBroken ? Schema(tables: schema.tables, otherSQL: []) : schema
    try hold(kept.encoded == input, "A schema is written again with other bytes.")
    var turned = schema
    turned.tables.reverse()
    for index in turned.tables.indices { turned.tables[index].columns.reverse() }
    try hold(
      turned.fingerprint == schema.fingerprint, "A fingerprint depends on the order of tables.")
    for table in schema.tables {
      try hold(!table.keyColumns.isEmpty && !table.columns.isEmpty, "A table has no key.")
    }
  }
}
