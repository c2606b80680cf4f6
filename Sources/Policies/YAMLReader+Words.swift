/// Spaces, words and brackets.
extension YAMLReader {
  mutating func malformed(_ sentence: String) -> Malformed {
    Malformed(place: place, sentence: sentence)
  }

  /// What comes next in the line; nil at its end.
  private var byte: UInt8? { offset < line.end ? text.bytes[offset] : nil }

  /// Whether only a comment follows in the line. Right behind `skipSpaces`.
  var isAtLineEnd: Bool { byte == nil || byte == UInt8(ascii: "#") }

  mutating func skipSpaces() throws(Malformed) {
    let start = offset
    while byte == UInt8(ascii: " ") { offset += 1 }
    guard byte != UInt8(ascii: "\t") else { throw malformed(Sentences.tab) }
    guard byte != UInt8(ascii: "#") || offset > start || offset == line.content else {
      throw malformed(Sentences.comment)
    }
  }

  mutating func expectLineEnd() throws(Malformed) {
    try skipSpaces()
    guard !isAtLineEnd else { return }
    throw malformed(byte == UInt8(ascii: ":") ? Sentences.secondColon : Sentences.rest)
  }

  // MARK: Words

  /// Reads a name, the colon behind it and the spaces behind that.
  mutating func readName(inBrackets: Bool) throws(Malformed) -> String {
    let start = place
    guard case .word(let name, let isQuoted)? = try readWord(inBrackets: inBrackets) else {
      throw malformed(Sentences.name)
    }
    guard name != "<<" || isQuoted else {
      throw Malformed(place: start, sentence: Sentences.mergeKey)
    }
    guard isQuoted || !name.isEmpty else {
      throw Malformed(place: start, sentence: Sentences.name)
    }
    try skipSpaces()
    guard byte == UInt8(ascii: ":") else {
      throw Malformed(place: start, sentence: Sentences.colon(name))
    }
    offset += 1
    guard byte == nil || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") else {
      throw malformed(Sentences.spaceBehindColon)
    }
    try skipSpaces()
    return name
  }

  /// Reads a word; nil if brackets come next.
  mutating func readWord(inBrackets: Bool) throws(Malformed) -> YAMLValue.Content? {
    let start = place
    let first = offset
    let word: YAMLValue.Content
    switch byte {
    case UInt8(ascii: "["), UInt8(ascii: "{"): return nil
    case UInt8(ascii: "\""): word = .word(try readDoubleQuoted(), isQuoted: true)
    case UInt8(ascii: "'"): word = .word(try readSingleQuoted(), isQuoted: true)
    default: word = .word(try readPlain(inBrackets: inBrackets), isQuoted: false)
    }
    guard offset - first <= PolicyLimits.wordBytesMax else {
      throw Malformed(place: start, sentence: Sentences.longWord)
    }
    return word
  }

  private mutating func readPlain(inBrackets: Bool) throws(Malformed) -> String {
    if let sentence = byte.flatMap(Sentences.refusal(of:)) { throw malformed(sentence) }
    if byte == UInt8(ascii: "-") {
      let next = offset + 1 < line.end ? text.bytes[offset + 1] : UInt8(ascii: " ")
      guard Self.isLetterOrDigit(next) else { throw malformed(Sentences.dash) }
    }
    let start = offset
    var end = offset
    while let byte {
      if byte == UInt8(ascii: "\t") { throw malformed(Sentences.tab) }
      if byte == UInt8(ascii: " ") {
        offset += 1
        if self.byte == UInt8(ascii: "#") { break }
        continue
      }
      if inBrackets, Self.isBracketOrComma(byte) { break }
      if byte == UInt8(ascii: ":") {
        let next = offset + 1 < line.end ? text.bytes[offset + 1] : UInt8(ascii: " ")
        guard next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") else {
          throw malformed(Sentences.spaceBehindColon)
        }
        break
      }
      offset += 1
      end = offset
    }
    offset = end
    return String(decoding: text.bytes[start..<end], as: UTF8.self)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), 0x80...:
      true
    default: false
    }
  }

  private static func isBracketOrComma(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
      UInt8(ascii: "}"):
      true
    default: false
    }
  }

  private mutating func readSingleQuoted() throws(Malformed) -> String {
    let start = place
    offset += 1
    var bytes: [UInt8] = []
    while let byte {
      offset += 1
      if byte == UInt8(ascii: "'") {
        guard self.byte == byte else { return String(decoding: bytes, as: UTF8.self) }
        offset += 1
      }
      bytes.append(byte)
    }
    throw Malformed(place: start, sentence: Sentences.unclosedQuote)
  }

  private mutating func readDoubleQuoted() throws(Malformed) -> String {
    let start = place
    offset += 1
    var bytes: [UInt8] = []
    while let byte {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"): bytes += Array(String(try readEscape()).utf8)
      default: bytes.append(byte)
      }
    }
    throw Malformed(place: start, sentence: Sentences.unclosedQuote)
  }

  /// Reads what stands behind a backslash.
  private mutating func readEscape() throws(Malformed) -> Unicode.Scalar {
    let escape = byte
    offset += 1
    switch escape {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "x"): return try readHexadecimal(digits: 2)
    case UInt8(ascii: "u"): return try readHexadecimal(digits: 4)
    case UInt8(ascii: "U"): return try readHexadecimal(digits: 8)
    default:
      offset -= 1
      throw malformed(Sentences.escape)
    }
  }

  private mutating func readHexadecimal(digits: Int) throws(Malformed) -> Unicode.Scalar {
    guard offset + digits <= line.end,
      text.bytes[offset..<offset + digits].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(
        String(decoding: text.bytes[offset..<offset + digits], as: UTF8.self), radix: 16),
      let scalar = Unicode.Scalar(value)
    else { throw malformed(Sentences.escape) }
    offset += digits
    return scalar
  }

  // MARK: Brackets

  /// Reads brackets with all in them. What goes on in another line must be indented further than
  /// `indentation`; closing brackets need not.
  mutating func readBrackets(indentation: Int, depth: Int) throws(Malformed) -> YAMLValue {
    guard depth <= PolicyLimits.depthMax else { throw malformed(Sentences.depth) }
    let place = place
    let isMap = byte == UInt8(ascii: "{")
    let closing = isMap ? UInt8(ascii: "}") : UInt8(ascii: "]")
    offset += 1
    var items: [YAMLValue] = []
    var map = YAMLEntries()
    while true {
      try skipToNext(indentation: indentation, opened: place)
      if byte == closing { break }
      if isMap {
        let entry = try readBracketedEntry(indentation, depth: depth, opened: place)
        map.append(entry, &remarks)
      } else {
        items.append(try readBracketedValue(indentation, depth: depth))
      }
      try skipToNext(indentation: indentation, opened: place)
      if byte == closing { break }
      guard byte == UInt8(ascii: ",") else {
        throw malformed(byte == UInt8(ascii: ":") ? Sentences.pairInList : Sentences.comma)
      }
      offset += 1
    }
    offset += 1
    return YAMLValue(
      place: place, content: isMap ? .map(map.entries, isWhole: true) : .list(items))
  }

  private mutating func readBracketedEntry(
    _ indentation: Int, depth: Int, opened: TextPlace
  ) throws(Malformed) -> YAMLEntry {
    let place = place
    let name = try readName(inBrackets: true)
    try skipToNext(indentation: indentation, opened: opened)
    let isEmpty = byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}")
    let value =
      isEmpty
      ? YAMLValue(place: self.place, content: .word("", isQuoted: false))
      : try readBracketedValue(indentation, depth: depth)
    return YAMLEntry(name: name, place: place, value: value)
  }

  private mutating func readBracketedValue(
    _ indentation: Int, depth: Int
  ) throws(Malformed) -> YAMLValue {
    let place = place
    guard let word = try readWord(inBrackets: true) else {
      return try readBrackets(indentation: indentation, depth: depth + 1)
    }
    return YAMLValue(place: place, content: word)
  }

  /// Skips spaces, comments and ends of lines.
  private mutating func skipToNext(indentation: Int, opened: TextPlace) throws(Malformed) {
    try skipSpaces()
    while isAtLineEnd {
      let isLast = index + 1 == text.lines.count
      guard !isLast, isContinued(by: text.lines[index + 1], indentation) else {
        throw Malformed(place: opened, sentence: Sentences.unclosedBracket)
      }
      index += 1
      offset = line.content
      try skipSpaces()
    }
  }

  private func isContinued(by line: YAMLText.Line, _ indentation: Int) -> Bool {
    let first = text.bytes[line.content]
    let isClosing = first == UInt8(ascii: "]") || first == UInt8(ascii: "}")
    return line.indentation > indentation || isClosing && line.indentation == indentation
  }
}
