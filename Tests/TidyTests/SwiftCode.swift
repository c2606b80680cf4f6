/// A Swift text in which comments and the insides of string literals are blanks, so that what is
/// left is code. Lines and columns stay where they were; interpolated code stays code.
func codeOnly(_ text: String) -> String {
  var scanner = CodeScanner(Array(text.utf8))
  scanner.scanCode(untilParenthesisCloses: false)
  return String(decoding: scanner.bytes, as: UTF8.self)
}

private struct CodeScanner {
  var bytes: [UInt8]
  private var index = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func has(_ text: String, at offset: Int = 0) -> Bool {
    let wanted = text.utf8
    let start = index + offset
    guard start + wanted.count <= bytes.count else { return false }
    return zip(bytes[start...], wanted).allSatisfy { $0 == $1 }
  }

  /// Goes on by some bytes and makes them blank, line ends excepted.
  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where index < bytes.count {
      if bytes[index] != UInt8(ascii: "\n") { bytes[index] = UInt8(ascii: " ") }
      index += 1
    }
  }

  mutating func scanCode(untilParenthesisCloses: Bool) {
    var depth = 1
    while index < bytes.count {
      if has("//") {
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { blank() }
      } else if has("/*") {
        scanBlockComment()
      } else if let poundCount = stringStart() {
        scanString(poundCount: poundCount)
      } else if has("#/") {
        scanRegex()
      } else {
        if bytes[index] == UInt8(ascii: "(") { depth += 1 }
        if bytes[index] == UInt8(ascii: ")") { depth -= 1 }
        index += 1
        if untilParenthesisCloses, depth == 0 { return }
      }
    }
  }

  private mutating func scanBlockComment() {
    var depth = 0
    repeat {
      if has("/*") {
        depth += 1
        blank(2)
      } else if has("*/") {
        depth -= 1
        blank(2)
      } else {
        blank()
      }
    } while depth > 0 && index < bytes.count
  }

  private mutating func scanRegex() {
    blank(2)
    while index < bytes.count, !has("/#") { blank() }
    blank(2)
  }

  /// The number of `#` before the quotation mark, if a string literal starts here.
  private func stringStart() -> Int? {
    var count = 0
    while has("#", at: count) { count += 1 }
    return has("\"", at: count) ? count : nil
  }

  private mutating func scanString(poundCount: Int) {
    let pounds = String(repeating: "#", count: poundCount)
    index += poundCount
    let quote = has("\"\"\"") ? "\"\"\"" : "\""
    index += quote.utf8.count
    while index < bytes.count {
      if has(quote + pounds) {
        index += quote.utf8.count + poundCount
        return
      } else if has("\\" + pounds + "(") {
        blank(1 + poundCount)
        index += 1
        scanCode(untilParenthesisCloses: true)
      } else if has("\\" + pounds) {
        blank(2 + poundCount)
      } else if quote == "\"", bytes[index] == UInt8(ascii: "\n") {
        return
      } else {
        blank()
      }
    }
  }
}

/// A line of code without the attributes it begins with, whatever their arguments.
func withoutAttributes(_ line: Substring) -> Substring {
  var rest = line.drop { $0 == " " }
  while rest.first == "@" {
    rest = rest.drop { $0 != " " && $0 != "(" }
    if rest.first == "(" {
      var depth = 0
      rest = rest.drop { character in
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
        return depth > 0
      }
      rest = rest.dropFirst()
    }
    rest = rest.drop { $0 == " " }
  }
  return rest
}
