internal import Deltas
internal import FoundationEssentials

/// A row's key as people give it: text, or a JSON array for a composite key. What kind of value
/// it is follows from the column.
enum KeyArgument {
  /// Reads a key for a table.
  static func read(_ argument: String, for table: TableSchema) throws(CommandFailure) -> RowKey {
    let columns = table.keyColumns.compactMap { table.column($0) }
    if columns.count == 1, let column = columns.first {
      return RowKey(table: table.id, values: [value(argument, for: column)])
    }
    guard let items = items(argument), items.count == columns.count else {
      let names = columns.map(\.name).joined(separator: ", ")
      throw CommandFailure(
        .badKey, undone: "“\(ValueText.escaped(argument))” was not looked up.",
        why: "The key of \(table.name) has \(columns.count) columns: \(names).",
        next: "Give it as a JSON array in this order, in quotes, such as '[10248, \"A\"]'.")
    }
    return RowKey(
      table: table.id, values: zip(items, columns).map { value($0, for: $1) })
  }

  /// A key as it is shown, and as `read` takes it.
  static func text(_ values: [Value]) -> String {
    if values.count == 1, let value = values.first { return scalarText(value) }
    return "[" + values.map { json($0).text }.joined(separator: ", ") + "]"
  }

  /// A key as one JSON value: text for a single column, an array for several.
  static func json(_ values: [Value]) -> JSONValue {
    if values.count == 1, let value = values.first { return .string(scalarText(value)) }
    return .array(values.map(json))
  }

  private static func json(_ value: Value) -> JSONValue { ValueText.json(value) }

  /// Text as it is; a blob as `x'00ff'`.
  private static func scalarText(_ value: Value) -> String {
    switch value {
    case .text(let bytes): String(decoding: bytes, as: UTF8.self)
    case .blob(let bytes): "x'" + bytes.map(twoDigits).joined() + "'"
    default: ValueText.shown(value)
    }
  }

  private static func twoDigits(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }

  /// What SQLite would store for this text in this column.
  /// https://sqlite.org/datatype3.html#type_affinity
  static func value(_ text: String, for column: ColumnSchema) -> Value {
    if let bytes = blob(text), column.affinity != .text { return .blob(bytes) }
    switch column.affinity {
    case .text: return .text(text)
    case .integer, .numeric: return number(text) ?? .text(text)
    case .real:
      guard let number = Double(text) else { return .text(text) }
      return .real(number)
    case .blob:
      // No conversion there: a number is most likely meant as one.
      return number(text) ?? .text(text)
    }
  }

  private static func number(_ text: String) -> Value? {
    if let integer = Int64(text) { return .integer(integer) }
    guard let real = Double(text), real.isFinite else { return nil }
    if let integer = Int64(exactly: real) { return .integer(integer) }
    return .real(real)
  }

  private static func blob(_ text: String) -> [UInt8]? {
    guard text.count >= 3, text.hasPrefix("x'") || text.hasPrefix("X'"), text.hasSuffix("'"),
      text.count.isMultiple(of: 2) == false
    else { return nil }
    let digits = Array(text.dropFirst(2).dropLast())
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(digits[index...index + 1]), radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  /// The array's items as text: what `value` reads.
  private static func items(_ argument: String) -> [String]? {
    guard argument.utf8.count <= DeltaLimits.keyBytesMax,
      let decoded = try? JSONDecoder().decode([Item].self, from: Data(argument.utf8))
    else { return nil }
    return decoded.map(\.text)
  }

  private struct Item: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let integer = try? container.decode(Int64.self) {
        text = String(integer)
      } else if let real = try? container.decode(Double.self) {
        text = String(real)
      } else {
        text = try container.decode(String.self)
      }
    }
  }
}
