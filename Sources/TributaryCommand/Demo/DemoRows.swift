internal import Deltas
internal import Storage

/// The customers that the demo's edits were about, as any program reads them.
enum DemoRows {
  private static let query = """
    SELECT customer_id, name, phone, coalesce(note, address) FROM customer
    WHERE customer_id IN ('NS-0002', 'NS-0003', 'LH-0007', 'NS-0025', 'LH-0025', 'LW-0001')
    ORDER BY customer_id
    """

  static func table(path: String) throws -> TextTable {
    let database = try Database(path: path, mode: .readOnly)
    var table = TextTable([
      .init("customer_id"), .init("name"), .init("phone"),
      .init("note or address", isFlexible: true),
    ])
    for row in try database.rows(query) { table.append(row.map(ValueText.plain)) }
    return table
  }
}
