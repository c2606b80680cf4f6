/// A JSON document with its members in the order in which they were given (RFC 8259).
indirect enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case real(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Hashable, Sendable {
    var name: String
    var value: JSONValue
  }

  static func count(_ value: Int) -> JSONValue { .integer(Int64(value)) }

  static func optional(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
  static func optional(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
  static func optionalCount(_ value: Int?) -> JSONValue { value.map { .count($0) } ?? .null }
  /// A time, or null.
  static func time(_ milliseconds: Int64?) -> JSONValue {
    milliseconds.map { .string(TimeText.iso8601(milliseconds: $0)) } ?? .null
  }

  /// The document, indented by two spaces; scalars in arrays stand on one line.
  var text: String {
    var result = ""
    write(to: &result, indent: "")
    return result
  }

  private func write(to text: inout String, indent: String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .real(let value): text += Self.number(value)
    case .string(let value): Self.write(value, to: &text)
    case .array(let items): Self.write(items, to: &text, indent: indent)
    case .object(let members): Self.write(members, to: &text, indent: indent)
    }
  }

  private static func write(_ items: [JSONValue], to text: inout String, indent: String) {
    let isFlat = items.allSatisfy(\.isScalar)
    let inner = indent + "  "
    text += "["
    for (index, item) in items.enumerated() {
      if index > 0 { text += isFlat ? ", " : "," }
      if !isFlat { text += "\n" + inner }
      item.write(to: &text, indent: inner)
    }
    if !isFlat, !items.isEmpty { text += "\n" + indent }
    text += "]"
  }

  private static func write(_ members: [Member], to text: inout String, indent: String) {
    let inner = indent + "  "
    text += "{"
    for (index, member) in members.enumerated() {
      text += (index > 0 ? ",\n" : "\n") + inner
      write(member.name, to: &text)
      text += ": "
      member.value.write(to: &text, indent: inner)
    }
    text += members.isEmpty ? "}" : "\n" + indent + "}"
  }

  private var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  /// JSON has no infinities: like SQLite, a number that every reader takes for one. NaN is null.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "null" }
    if value.isInfinite { return value < 0 ? "-9e999" : "9e999" }
    return "\(value)"
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..."\u{1f}", "\u{7f}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member(name: $0.0, value: $0.1) })
  }
}

extension JSONValue: ExpressibleByStringLiteral {
  init(stringLiteral value: String) { self = .string(value) }
}
