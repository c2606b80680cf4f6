internal import Deltas

/// The entries of a JSON array, each in one spelling. RFC 8259.
///
/// No spaces; strings with the fewest escapes; an object's members by the bytes of their names;
/// numbers as they came.
struct JSONArray {
  /// Each once, in the order of the array.
  let elements: [[UInt8]]

  /// Elements that are canonical already.
  init(_ elements: [[UInt8]]) { self.elements = elements }

  /// NULL is an empty array. Nil for whatever else is no array.
  init?(_ value: Value) {
    switch value {
    case .null: elements = []
    case .text(let bytes):
      var reader = JSONReader(bytes)
      guard let parsed = reader.readArray() else { return nil }
      var seen: Set<[UInt8]> = []
      elements = parsed.filter { seen.insert($0).inserted }
    case .integer, .real, .blob: return nil
    }
  }

  var value: Value {
    var bytes: [UInt8] = [UInt8(ascii: "[")]
    for (index, element) in elements.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += element
    }
    bytes.append(UInt8(ascii: "]"))
    return .text(bytes)
  }
}

/// Reads JSON and writes it canonically. Total over all bytes.
private struct JSONReader {
  private let bytes: [UInt8]
  private var offset = 0
  private var depth = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The elements of the one array that the bytes are; nil if they are none.
  mutating func readArray() -> [[UInt8]]? {
    skipSpaces()
    guard let elements = readElements() else { return nil }
    skipSpaces()
    return offset == bytes.count ? elements : nil
  }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func skipSpaces() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d {
      offset += 1
    }
  }

  private mutating func readElements() -> [[UInt8]]? {
    guard skip("["), depth < MergeLimits.jsonDepthMax else { return nil }
    depth += 1
    defer { depth -= 1 }
    skipSpaces()
    if skip("]") { return [] }
    var elements: [[UInt8]] = []
    while true {
      guard let element = readValue() else { return nil }
      elements.append(element)
      if skip("]") { return elements }
      guard skip(",") else { return nil }
    }
  }

  /// A value with the spaces around it.
  private mutating func readValue() -> [UInt8]? {
    skipSpaces()
    let value: [UInt8]?
    switch next {
    case UInt8(ascii: "["): value = readElements().map { Self.joined($0, "[", "]") }
    case UInt8(ascii: "{"): value = readObject()
    case UInt8(ascii: "\""): value = readString()
    case UInt8(ascii: "t"): value = readWord("true")
    case UInt8(ascii: "f"): value = readWord("false")
    case UInt8(ascii: "n"): value = readWord("null")
    default: value = readNumber()
    }
    skipSpaces()
    return value
  }

  private mutating func readObject() -> [UInt8]? {
    guard skip("{"), depth < MergeLimits.jsonDepthMax else { return nil }
    depth += 1
    defer { depth -= 1 }
    var members: [(name: [UInt8], value: [UInt8])] = []
    skipSpaces()
    if skip("}") { return Self.joined([], "{", "}") }
    while true {
      skipSpaces()
      guard let name = readString() else { return nil }
      skipSpaces()
      guard skip(":"), let value = readValue() else { return nil }
      members.append((name, value))
      if skip("}") { break }
      guard skip(",") else { return nil }
    }
    let sorted = members.enumerated().sorted { left, right in
      if left.element.name == right.element.name { return left.offset < right.offset }
      return left.element.name.lexicographicallyPrecedes(right.element.name)
    }
    return Self.joined(
      sorted.map { $0.element.name + [UInt8(ascii: ":")] + $0.element.value }, "{", "}")
  }

  private static func joined(
    _ parts: [[UInt8]], _ open: Unicode.Scalar, _ close: Unicode.Scalar
  ) -> [UInt8] {
    [UInt8(ascii: open)] + parts.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: close)]
  }

  private mutating func readWord(_ word: StaticString) -> [UInt8]? {
    let wanted = word.withUTF8Buffer { Array($0) }
    guard bytes.dropFirst(offset).starts(with: wanted) else { return nil }
    offset += wanted.count
    return wanted
  }

  private mutating func readNumber() -> [UInt8]? {
    let start = offset
    _ = skip("-")
    if !skip("0") { guard readDigits() else { return nil } }
    if skip(".") { guard readDigits() else { return nil } }
    if skip("e") || skip("E") {
      if !skip("+") { _ = skip("-") }
      guard readDigits() else { return nil }
    }
    return Array(bytes[start..<offset])
  }

  private mutating func readDigits() -> Bool {
    let start = offset
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
    return offset > start
  }

  // MARK: Strings

  private mutating func readString() -> [UInt8]? {
    guard skip("\"") else { return nil }
    var text: [UInt8] = []
    while let byte = next {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        return String(validating: text, as: UTF8.self) == nil ? nil : Self.quoted(text)
      case UInt8(ascii: "\\"):
        guard let scalar = readEscape() else { return nil }
        text += Array(String(scalar).utf8)
      case 0..<0x20: return nil
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func readEscape() -> Unicode.Scalar? {
    guard let byte = next else { return nil }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: return nil
    }
    guard let unit = readUnit() else { return nil }
    guard (0xd800..<0xdc00).contains(unit) else { return Unicode.Scalar(unit) }
    guard skip("\\"), skip("u"), let low = readUnit(), (0xdc00..<0xe000).contains(low) else {
      return nil
    }
    return Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
  }

  private mutating func readUnit() -> UInt32? {
    guard offset + 4 <= bytes.count else { return nil }
    var unit: UInt32 = 0
    for byte in bytes[offset..<offset + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      unit = unit << 4 | UInt32(digit)
    }
    offset += 4
    return unit
  }

  private static func quoted(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
      case 0x08: result += Array("\\b".utf8)
      case 0x09: result += Array("\\t".utf8)
      case 0x0a: result += Array("\\n".utf8)
      case 0x0c: result += Array("\\f".utf8)
      case 0x0d: result += Array("\\r".utf8)
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        result += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: result.append(byte)
      }
    }
    return result + [UInt8(ascii: "\"")]
  }
}
