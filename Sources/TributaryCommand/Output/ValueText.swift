internal import Basics
internal import Deltas

/// SQLite values for people and for JSON, told apart and shown faithfully.
enum ValueText {
  /// Blobs longer than this are shortened for people.
  static let blobBytesShownMax = 16
  /// Texts longer than this are shortened for people.
  static let textCharactersShownMax = 120

  /// As SQL would write it: `NULL`, `17`, `1.5`, `'it''s'`, `x'00ff'`. Control characters and
  /// bytes that are not UTF-8 are escaped, long ones shortened with their length.
  static func shown(_ value: Value) -> String {
    switch value {
    case .null: "NULL"
    case .integer(let value): String(value)
    case .real(let bits): real(Double(bitPattern: bits))
    case .text(let bytes): "'" + shortened(escaped(bytes).replacing("'", with: "''")) + "'"
    case .blob(let bytes): blob(bytes)
    }
  }

  /// A value inside a sentence or a table where its column is known: text without quotes as long
  /// as nothing could be mistaken.
  static func plain(_ value: Value) -> String {
    guard case .text(let bytes) = value else { return shown(value) }
    let text = escaped(bytes)
    let isAmbiguous =
      text.isEmpty || text != String(decoding: bytes, as: UTF8.self) || text.first == " "
      || text.last == " " || text == "NULL" || Double(text) != nil
      || text.hasPrefix("x'") || text.hasPrefix("'")
    return isAmbiguous ? shown(value) : shortened(text)
  }

  /// Every value as one JSON value: blobs as `{"blob":"<hex>"}`, text that is not UTF-8 as
  /// `{"text":"<hex>"}`.
  static func json(_ value: Value) -> JSONValue {
    switch value {
    case .null: .null
    case .integer(let value): .integer(value)
    case .real(let bits): .real(Double(bitPattern: bits))
    case .text(let bytes):
      String(validating: bytes, as: UTF8.self).map { .string($0) }
        ?? ["text": .string(hexadecimal(bytes))]
    case .blob(let bytes): ["blob": .string(hexadecimal(bytes))]
    }
  }

  /// Text with control characters as `\n`, `\u{1b}`, and bytes that are not UTF-8 as `\xff`.
  static func escaped(_ bytes: [UInt8]) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return bytes.map { byte in
        (0x20..<0x7f).contains(byte)
          ? String(UnicodeScalar(byte)) : "\\x" + hexadecimal([byte])
      }.joined()
    }
    return escaped(text)
  }

  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
          result += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }

  private static func shortened(_ text: String) -> String {
    text.count > textCharactersShownMax
      ? text.prefix(textCharactersShownMax - 1) + "…" : text
  }

  private static func real(_ value: Double) -> String {
    if value.isInfinite { return value < 0 ? "-Inf" : "Inf" }
    return "\(value)"
  }

  private static func blob(_ bytes: [UInt8]) -> String {
    guard bytes.count > blobBytesShownMax else { return "x'\(hexadecimal(bytes))'" }
    let start = hexadecimal(bytes.prefix(blobBytesShownMax))
    return "x'\(start)…' (\(NumberText.counted(bytes.count, "byte")))"
  }
}
