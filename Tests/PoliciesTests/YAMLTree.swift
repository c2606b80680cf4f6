import Basics
import Testing
import Yams

@testable import Policies

/// What a YAML text says, without places and quotes.
indirect enum YAMLTree: Hashable {
  case word(String)
  case list([YAMLTree])
  case map([Pair])

  struct Pair: Hashable {
    var name: String
    var value: YAMLTree
  }

  /// Nil if a piece of it could not be read.
  init?(_ value: YAMLValue) {
    switch value.content {
    case .broken: return nil
    case .word(let word, _): self = .word(word)
    case .list(let items):
      let trees = items.compactMap { YAMLTree($0) }
      guard trees.count == items.count else { return nil }
      self = .list(trees)
    case .map(let entries, _):
      let pairs = entries.compactMap { entry in
        YAMLTree(entry.value).map { Pair(name: entry.name, value: $0) }
      }
      guard pairs.count == entries.count else { return nil }
      self = .map(pairs)
    }
  }

  /// As another reader sees it.
  init?(_ node: Yams.Node) {
    switch node {
    case .scalar(let scalar): self = .word(scalar.string)
    case .sequence(let sequence):
      let trees = sequence.compactMap { YAMLTree($0) }
      guard trees.count == sequence.count else { return nil }
      self = .list(trees)
    case .mapping(let mapping):
      let pairs = mapping.compactMap { key, value -> Pair? in
        guard case .scalar(let name) = key else { return nil }
        return YAMLTree(value).map { Pair(name: name.string, value: $0) }
      }
      guard pairs.count == mapping.count else { return nil }
      self = .map(pairs)
    case .alias: return nil
    }
  }

  /// What our reader makes of a text; nil if it remarks anything.
  static func ours(_ text: [UInt8]) -> YAMLTree? {
    var remarks = PolicyRemarks()
    let value = YAMLReader.read(text, remarks: &remarks)
    return remarks.hasErrors ? nil : value.flatMap { YAMLTree($0) }
  }

  /// What another reader makes of it; nil if it refuses. It does not skip a byte order mark.
  static func others(_ text: [UInt8]) -> YAMLTree? {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let rest = text.starts(with: mark) ? text.dropFirst(mark.count) : text[...]
    return (try? Yams.compose(yaml: String(decoding: rest, as: UTF8.self), .basic))
      .flatMap { $0 }.flatMap { YAMLTree($0) }
  }
}

/// Texts that say what a tree says, written in ever other ways.
struct YAMLWriter {
  var generator: SeededGenerator

  mutating func text(of tree: YAMLTree) -> String {
    var lines = chance(8) ? ["---"] : []
    lines += blockLines(tree)
    for index in lines.indices.reversed() where chance(10) {
      lines.insert(["", "# a comment: {", "   "].randomElement(using: &generator)!, at: index)
    }
    let end = chance(6) ? "\r\n" : "\n"
    let text = lines.joined(separator: end) + (chance(5) ? "" : end)
    return lines[0].hasPrefix("---") || !chance(20) ? text : "\u{FEFF}" + text
  }

  /// True once in so many times.
  private mutating func chance(_ one: Int) -> Bool {
    Int.random(in: 0..<one, using: &generator) == 0
  }

  private mutating func spaces(_ range: ClosedRange<Int>) -> String {
    String(repeating: " ", count: Int.random(in: range, using: &generator))
  }

  private mutating func comment() -> String { chance(8) ? " # \"it's\" [here" : spaces(0...1) }

  private mutating func blockLines(_ tree: YAMLTree) -> [String] {
    switch tree {
    case .map(let pairs) where !pairs.isEmpty && !chance(5):
      return pairs.flatMap { pair in
        let name = word(pair.name, inBrackets: false) + (chance(10) ? " " : "") + ":"
        return below(name, pair.value, isName: true)
      }
    case .list(let items) where !items.isEmpty && !chance(5):
      return items.flatMap { below("-", $0, isName: false) }
    default: return bracketLines(tree)
    }
  }

  /// A value behind a name or a dash, in its line or below.
  private mutating func below(_ start: String, _ value: YAMLTree, isName: Bool) -> [String] {
    if case .word(let text) = value {
      guard !text.isEmpty || chance(3) else { return [start + comment()] }
      return ["\(start) \(spaces(0...2))\(word(text, inBrackets: false))\(comment())"]
    }
    var lines = blockLines(value)
    let isBracket = ["{", "["].contains { lines[0].hasPrefix($0) }
    if isBracket || !isName && chance(2) {
      let gap = " " + spaces(0...2)
      let indentation = String(repeating: " ", count: start.count + gap.count)
      return [start + gap + lines[0]] + lines.dropFirst().map { indentation + $0 }
    }
    var isList = false
    if case .list = value { isList = true }
    let indentation = isName && isList && chance(3) ? "" : spaces(1...4)
    lines = lines.map { indentation + $0 }
    return [start + comment()] + lines
  }

  /// In brackets: the first line begins with one.
  private mutating func bracketLines(_ tree: YAMLTree) -> [String] {
    let text = bracketed(tree)
    guard chance(3) else { return [text] }
    // Ends of lines may stand where spaces may, outside quotes.
    var lines = [""]
    var quote: Character?
    var last: Character = " "
    for character in text {
      if let open = quote {
        if character == open, last != "\\" { quote = nil }
        last = last == "\\" ? " " : character
      } else {
        if (character == "\"" || character == "'") && " [{,".contains(last) { quote = character }
        last = character
      }
      lines[lines.count - 1].append(character)
      if quote == nil, character == ",", chance(2) { lines.append("  ") }
    }
    return lines
  }

  private mutating func bracketed(_ tree: YAMLTree) -> String {
    switch tree {
    case .word(let text): return word(text, inBrackets: true)
    case .list(let items):
      let words = items.map { bracketed($0) }
      return "[" + words.joined(separator: "," + spaces(0...2)) + spaces(0...1) + "]"
    case .map(let pairs):
      let words = pairs.map { "\(word($0.name, inBrackets: true)): \(bracketed($0.value))" }
      return "{" + spaces(0...1) + words.joined(separator: ", ")
        + (!words.isEmpty && chance(6) ? " ,}" : "}")
    }
  }

  private mutating func word(_ text: String, inBrackets: Bool) -> String {
    let isPlain = !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber }
    if isPlain, !chance(4) { return text }
    let isSimple = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    guard isSimple, chance(2) else { return YAMLWords.quoted(text) }
    let parts = text.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: "''") + "'"
  }
}
