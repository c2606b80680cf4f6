/// Reads the part of YAML that policies are written in: names with values under them, lists,
/// words with and without quotes, comments; in lines or in brackets.
///
/// What it reads, every YAML reader reads the same way. The rest of the language is refused where
/// it stands: anchors, aliases and merge keys, with which few bytes say much; tags; several
/// documents; texts over several lines; tabs. Nothing is ever taken for a number or a truth, so
/// that a branch may be called “no”.
///
/// It goes on behind what it cannot read, so that all mistakes are told at once. Linear in the
/// text, and nested no deeper than `PolicyLimits.depthMax`.
struct YAMLReader {
  var text: YAMLText
  /// Index of the line that is being read.
  var index = 0
  /// Offset in the text of what comes next in that line.
  var offset = 0
  var remarks: PolicyRemarks
  private var lastPlace: (line: Int, offset: Int, column: Int)?

  init(text: YAMLText, remarks: PolicyRemarks) {
    self.text = text
    self.remarks = remarks
  }

  /// Why a piece could not be read.
  struct Malformed: Error {
    var place: TextPlace
    var sentence: String
  }

  /// The text's one value; nil if there is none.
  static func read(_ bytes: [UInt8], remarks: inout PolicyRemarks) -> YAMLValue? {
    let text = YAMLText(bytes, remarks: &remarks)
    var reader = YAMLReader(text: text, remarks: remarks)
    let value = reader.readDocument()
    remarks = reader.remarks
    return value
  }

  private mutating func readDocument() -> YAMLValue? {
    if !isAtEnd, isMarker("---") {
      offset = line.content + 3
      attempt { (reader) throws(Malformed) in try reader.expectLineEnd() }
      index += 1
    }
    guard !isAtEnd else { return nil }
    let value = readBlock(depth: 1)
    while !isAtEnd {
      let isSecond = isMarker("---") || isMarker("...")
      remarks.refuse(
        at: place,
        isSecond
          ? "What follows was not read: a policy is one document. Take out this line."
          : Sentences.indentation)
      if isSecond { return value }
      index += 1
    }
    return value
  }

  // MARK: Lines

  var isAtEnd: Bool { index >= text.lines.count }
  var line: YAMLText.Line { text.lines[index] }

  /// The place of what comes next. All places of a line together are linear in its length.
  var place: TextPlace {
    mutating get {
      let line = line
      let offset = min(max(offset, line.content), line.end)
      var from = line.start
      var column = 1
      if let last = lastPlace, last.line == line.number, last.offset <= offset {
        (from, column) = (last.offset, last.column)
      }
      column += text.scalarCount(from..<offset)
      lastPlace = (line.number, offset, column)
      return TextPlace(line: line.number, column: column)
    }
  }

  private func isMarker(_ marker: String) -> Bool {
    let rest = text.bytes[line.content..<line.end]
    return line.indentation == 0 && rest.starts(with: marker.utf8)
      && (rest.count == 3 || rest.dropFirst(3).first == UInt8(ascii: " "))
  }

  /// Whether the line is, from its content on, an item of a list.
  private var isItem: Bool {
    guard text.bytes[line.content] == UInt8(ascii: "-") else { return false }
    let next = line.content + 1
    return next == line.end || text.bytes[next] == UInt8(ascii: " ")
  }

  /// Goes on behind the line and all that is indented further.
  private mutating func skip(indentation: Int) {
    index += 1
    while !isAtEnd, line.indentation > indentation { index += 1 }
  }

  /// Remarks what is indented further than all that could be above it.
  private mutating func refuseIndented(_ indentation: Int) -> Bool {
    guard !isAtEnd, line.indentation > indentation else { return false }
    offset = line.content
    remarks.refuse(at: place, Sentences.indentation)
    while !isAtEnd, line.indentation > indentation { index += 1 }
    return true
  }

  @discardableResult
  private mutating func attempt<Result>(
    _ body: (inout YAMLReader) throws(Malformed) -> Result
  ) -> Result? {
    do throws(Malformed) {
      return try body(&self)
    } catch {
      remarks.refuse(at: error.place, error.sentence)
      return nil
    }
  }

  // MARK: Blocks

  /// Reads what begins with this line's content, and goes on behind it.
  private mutating func readBlock(depth: Int) -> YAMLValue {
    offset = line.content
    let place = place
    let indentation = line.indentation
    guard depth <= PolicyLimits.depthMax else {
      remarks.refuse(at: place, Sentences.depth)
      skip(indentation: indentation - 1)
      return YAMLValue(place: place, content: .broken)
    }
    if isItem { return readList(depth: depth) }
    guard text.bytes[offset] == UInt8(ascii: "{") || text.bytes[offset] == UInt8(ascii: "[") else {
      return readMap(depth: depth)
    }
    return readBracketed(indentation: indentation, depth: depth)
  }

  /// Reads brackets and the rest of the line in which they end.
  private mutating func readBracketed(indentation: Int, depth: Int) -> YAMLValue {
    let place = place
    let value = attempt { (reader) throws(Malformed) in
      let value = try reader.readBrackets(indentation: indentation, depth: depth)
      try reader.expectLineEnd()
      return value
    }
    if value == nil { skip(indentation: indentation) } else { index += 1 }
    return value ?? YAMLValue(place: place, content: .broken)
  }

  private mutating func readList(depth: Int) -> YAMLValue {
    let place = place
    let indentation = line.indentation
    var items: [YAMLValue] = []
    while !isAtEnd, line.indentation == indentation, isItem {
      offset = line.content + 1
      items.append(readItem(indentation: indentation, depth: depth))
      if refuseIndented(indentation) {
        items.append(YAMLValue(place: place, content: .broken))
      }
    }
    return YAMLValue(place: place, content: .list(items))
  }

  private mutating func readItem(indentation: Int, depth: Int) -> YAMLValue {
    let place = place
    let start = attempt { (reader) throws(Malformed) in
      try reader.skipSpaces()
      return reader.isAtLineEnd
    }
    guard let isEmpty = start else {
      skip(indentation: indentation)
      return YAMLValue(place: place, content: .broken)
    }
    guard !isEmpty else { return readBelow(indentation, place: place, depth: depth) }
    // An item's own names and items begin behind its dash, as if they had a line of their own.
    let item = offset
    let begin = text.lines[index].content
    text.lines[index].content = item
    if isItem || isName() { return readBlock(depth: depth + 1) }
    text.lines[index].content = begin
    offset = item
    return readRest(indentation: indentation, depth: depth)
  }

  /// Whether a name and its colon come next.
  private mutating func isName() -> Bool {
    let start = offset
    defer { offset = start }
    do throws(Malformed) {
      guard try readWord(inBrackets: false) != nil else { return false }
      try skipSpaces()
      return offset < line.end && text.bytes[offset] == UInt8(ascii: ":")
    } catch {
      return false
    }
  }

  private mutating func readMap(depth: Int) -> YAMLValue {
    let place = place
    let indentation = line.indentation
    var map = YAMLEntries()
    var isWhole = true
    while !isAtEnd, line.indentation == indentation {
      guard !(indentation == 0 && (isMarker("---") || isMarker("..."))) else { break }
      if let entry = readEntry(indentation: indentation, depth: depth) {
        map.append(entry, &remarks)
      } else {
        isWhole = false
      }
      if refuseIndented(indentation) { isWhole = false }
    }
    return YAMLValue(place: place, content: .map(map.entries, isWhole: isWhole))
  }

  /// Nil, behind the line and all that belongs to it, if the name could not be read.
  private mutating func readEntry(indentation: Int, depth: Int) -> YAMLEntry? {
    offset = line.content
    let place = place
    let name = attempt { (reader) throws(Malformed) in
      try reader.readName(inBrackets: false)
    }
    guard let name else {
      skip(indentation: indentation)
      return nil
    }
    let value: YAMLValue
    if isAtLineEnd {
      value = readBelow(indentation, place: self.place, depth: depth, isUnderName: true)
    } else {
      value = readRest(indentation: indentation, depth: depth)
    }
    return YAMLEntry(name: name, place: place, value: value)
  }

  /// Reads what stands below a line that ends with a name or a dash.
  private mutating func readBelow(
    _ indentation: Int, place: TextPlace, depth: Int, isUnderName: Bool = false
  ) -> YAMLValue {
    index += 1
    let nothing = YAMLValue(place: place, content: .word("", isQuoted: false))
    guard !isAtEnd else { return nothing }
    if line.indentation > indentation { return readBlock(depth: depth + 1) }
    // A list under a name may begin as far left as the name.
    guard isUnderName, line.indentation == indentation, isItem else { return nothing }
    return readBlock(depth: depth + 1)
  }

  /// Reads a value in the rest of a line, behind a name or a dash.
  private mutating func readRest(indentation: Int, depth: Int) -> YAMLValue {
    let first = text.bytes[offset]
    if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
      return readBracketed(indentation: indentation, depth: depth + 1)
    }
    let place = place
    let value = attempt { (reader) throws(Malformed) in
      guard let word = try reader.readWord(inBrackets: false) else {
        throw reader.malformed(Sentences.value)
      }
      try reader.expectLineEnd()
      return YAMLValue(place: place, content: word)
    }
    if value == nil { skip(indentation: indentation) } else { index += 1 }
    return value ?? YAMLValue(place: place, content: .broken)
  }
}
