internal import Deltas
internal import Storage

/// Capture of what an insertion changes of a row that is there: `REPLACE` is sealed as if the
/// program had updated just those columns.
///
/// The trigger writes before anybody knows what becomes of the insertion. What it says holds if the
/// row's insertion is journaled with the same time; after `OR IGNORE` or an upsert none is.
extension BranchSQL {
  /// An insert is about to happen whose row is there. Less than this by what it would change, see
  /// `Replaced`.
  static let changeReplace: Int64 = -3
  /// Everything that says that a row went, or may have gone.
  static let isDeletion = "change BETWEEN \(changeLookAgain) AND \(changeDelete)"

  /// What an entry says that an insert would change, as a number that is taken from
  /// `changeReplace`.
  ///
  /// One column that counts, in the lowest bits; or of a group of columns those whose bits are set:
  /// one statement says it of all, since programs compile ours whenever they compile theirs.
  enum Replaced: Hashable {
    case counted(ColumnID)
    case columns(group: Int, [ColumnID])

    static let groupShift: Int64 = 16
    static let bitsShift: Int64 = 28
    static let columnsPerGroup = 34

    init?(_ change: Int64) {
      guard change <= changeReplace else { return nil }
      let number = changeReplace - change
      if let column = UInt16(exactly: number & 0xFFFF), column > 0 {
        self = .counted(ColumnID(column))
        return
      }
      let group = Int(number >> Self.groupShift & 0xFFF)
      let bits = number >> Self.bitsShift
      let columns = (0..<Self.columnsPerGroup).filter { bits >> Int64($0) & 1 == 1 }
      self = .columns(
        group: group,
        columns.compactMap {
          UInt16(exactly: group * Self.columnsPerGroup + $0 + 1).map { ColumnID($0) }
        })
    }
  }

  /// Says of a column that counts what it was.
  static func replaced(_ column: ColumnID) -> Int64 { changeReplace - Int64(column.rawValue) }

  static func replacementName(_ table: TableID) -> String { triggerName(table) + "o" }

  static func hasReplacementTrigger(_ table: TableID) -> String {
    "SELECT EXISTS (SELECT 1 FROM sqlite_schema"
      + " WHERE type = 'trigger' AND name = '\(replacementName(table))')"
  }

  static func replacementTrigger(_ tracked: TrackedTable) -> Trigger {
    let table = tracked.schema
    let name = replacementName(table.id)
    let keys = table.keyNames.map { "NEW.\(quoted($0))" }.joined(separator: ", ")
    let there = "FROM \(quoted(table.name)) WHERE \(isSameRow(table))"
    let into =
      "INSERT INTO \(journal(table.id))"
      + "(\(journalKeys(table).joined(separator: ", ")), change, wall"
    var groups: [Int: [String]] = [0: []]
    var counted: [String] = []
    for column in tracked.valueColumns.compactMap({ table.column($0) }) {
      let isOther = differs(column, from: "")
      if tracked.counted.contains(column.id) {
        let cell = quoted(column.name)
        counted.append(
          "\(into), was, became) SELECT \(keys), \(replaced(column.id)), \(wall), \(cell),"
            + " NEW.\(cell) \(there) AND (\(isOther))")
      } else {
        let (group, bit) = (Int(column.id.rawValue) - 1)
          .quotientAndRemainder(dividingBy: Replaced.columnsPerGroup)
        groups[group, default: []].append(
          " - ((\(isOther)) << \(Replaced.bitsShift + Int64(bit)))")
      }
    }
    let all = groups.sorted { $0.key < $1.key }.map { group, bits in
      "\(into)) SELECT \(keys), \(changeReplace - (Int64(group) << Replaced.groupShift))"
        + "\(bits.joined()), \(wall) \(there)"
    }
    return Trigger(
      name: name,
      sql: "CREATE TRIGGER \(name) BEFORE INSERT ON \(quoted(table.name))"
        + " BEGIN \((all + counted).joined(separator: "; ")); END",
      onlyRefines: true)
  }

  /// By the key's collation, which its index has, and then by its bytes: a row whose key is only
  /// equal is another row.
  private static func isSameRow(_ table: TableSchema) -> String {
    let keys = table.keyColumns.compactMap { table.column($0) }
    return keys.map { column in
      let name = quoted(column.name)
      var result = "\(name) = NEW.\(name)"
      if !SchemaReader.sameName(column.collation, "binary") {
        result += " AND \(name) = NEW.\(name) COLLATE BINARY"
      }
      if column.affinity == .blob { result += " AND typeof(\(name)) = typeof(NEW.\(name))" }
      return result
    }.joined(separator: " AND ")
  }
}
