internal import Basics
internal import Deltas

/// What a key column stores as it is. Anything else SQLite would convert, and the row would be
/// written under another key than the one it was merged under.
///
/// https://sqlite.org/datatype3.html#type_affinity
enum KeyAffinity {
  /// An INTEGER PRIMARY KEY: the rowid itself.
  case rowID
  case affinity(Affinity)

  /// Those of a table's key columns, in the key's order.
  static func list(of table: TableSchema) -> [KeyAffinity] {
    let columns = table.keyColumns.compactMap { table.column($0) }
    if columns.count == 1, !table.isWithoutRowID, isRowID(columns[0], of: table) { return [.rowID] }
    return columns.map { .affinity($0.affinity) }
  }

  /// By an old quirk, “INTEGER PRIMARY KEY DESC” is none; what may be that is only held to its
  /// affinity.
  private static func isRowID(_ column: ColumnSchema, of table: TableSchema) -> Bool {
    column.declaredType.lowercased() == "integer"
      && !table.createSQL.lowercased().contains("desc")
  }

  /// Whether the column stores the value as it is.
  func keeps(_ value: ValueView) -> Bool {
    if case .real(let bits) = value, Double(bitPattern: bits).isNaN { return false }
    switch self {
    case .rowID:
      if case .integer = value { return true }
      return false
    case .affinity(.blob): return true
    case .affinity(.text):
      switch value {
      case .integer, .real: return false
      case .null, .text, .blob: return true
      }
    case .affinity(.real):
      switch value {
      case .integer: return false
      case .text(let bytes): return !Self.looksLikeNumber(bytes)
      // Kept as the integer 0, it comes back without its sign.
      case .real(let bits): return bits != (-0.0).bitPattern
      case .null, .blob: return true
      }
    case .affinity(.integer), .affinity(.numeric):
      switch value {
      case .real(let bits): return !Self.isInteger(Double(bitPattern: bits))
      case .text(let bytes): return !Self.looksLikeNumber(bytes)
      case .null, .integer, .blob: return true
      }
    }
  }

  /// Whether SQLite makes an integer of it; it leaves the two outermost as they are.
  private static func isInteger(_ real: Double) -> Bool {
    guard let integer = Int64(exactly: real) else { return false }
    return integer > .min && integer < .max
  }

  /// Whether SQLite makes a number of a text: spaces, a sign, digits with or without a point, an
  /// exponent, spaces.
  private static func looksLikeNumber(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
    func dropSign() {
      if let first = rest.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
        rest = rest.dropFirst()
      }
    }
    func dropDigits() -> Int {
      let before = rest.count
      rest = rest.drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      return before - rest.count
    }
    rest = rest.drop(while: isSpace)
    dropSign()
    var digitCount = dropDigits()
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      digitCount += dropDigits()
    }
    guard digitCount > 0 else { return false }
    if let first = rest.first, first | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      dropSign()
      guard dropDigits() > 0 else { return false }
    }
    return rest.allSatisfy(isSpace)
  }
}
