/// The lines of a YAML text, checked for what no line may hold.
struct YAMLText: Sendable {
  let bytes: [UInt8]
  /// Those that are neither empty nor a comment alone.
  var lines: [Line]

  struct Line: Hashable, Sendable {
    /// From 1.
    var number: Int
    /// Offset of its first byte.
    var start: Int
    /// Offset of what is to be read of it.
    var content: Int
    /// Offset behind its last byte, without the line's end.
    var end: Int

    /// The column, from 0, in which its content begins.
    var indentation: Int { content - start }
  }

  /// How many Unicode scalars begin in a range of bytes.
  func scalarCount(_ range: Range<Int>) -> Int {
    bytes[range].count { $0 & 0xC0 != 0x80 }
  }

  /// The place of an offset. Linear in the line's length.
  private func place(_ offset: Int, in line: Line) -> TextPlace {
    TextPlace(line: line.number, column: 1 + scalarCount(line.start..<offset))
  }

  /// Splits a text. What it may not hold is remarked, and the lines where it stands are left out.
  init(_ text: [UInt8], remarks: inout PolicyRemarks) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    bytes = text.starts(with: mark) ? Array(text.dropFirst(mark.count)) : text
    lines = []
    guard bytes.count <= PolicyLimits.textBytesMax else {
      remarks.refuse(
        at: .start,
        """
        The file was not read: it has more than \(PolicyLimits.textBytesMax) bytes, and a policy \
        needs far fewer. Name the right file.
        """)
      return
    }
    guard !bytes.contains(0) else {
      remarks.refuse(
        at: .start, "The file was not read: it holds data, not text. Name the right file.")
      return
    }
    var start = 0
    var number = 0
    while start < bytes.count {
      number += 1
      let next = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      var end = next
      if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
      let content = bytes[start..<end].firstIndex { $0 != UInt8(ascii: " ") } ?? end
      let line = Line(number: number, start: start, content: content, end: end)
      start = next + 1
      if let unfit = firstUnfit(in: line) {
        remarks.refuse(at: place(unfit.offset, in: line), unfit.sentence)
      } else if content < end, bytes[content] == UInt8(ascii: "\t") {
        remarks.refuse(at: place(content, in: line), YAMLReader.Sentences.indentingTab)
      } else if content < end, bytes[content] != UInt8(ascii: "#") {
        lines.append(line)
      }
    }
  }

  /// What is neither a character nor a space.
  private func firstUnfit(in line: Line) -> (offset: Int, sentence: String)? {
    var decoder = UTF8()
    var iterator = bytes[line.start..<line.end].makeIterator()
    var offset = line.start
    while true {
      switch decoder.decode(&iterator) {
      case .emptyInput: return nil
      case .error:
        let sentence = """
          This line was not read: here it is not UTF-8 text. Save the file in the encoding UTF-8.
          """
        return (offset, sentence)
      case .scalarValue(let scalar):
        guard !Self.isUnfit(scalar) else {
          let name = String(scalar.value, radix: 16, uppercase: true)
          let sentence = """
            This line was not read: here it has the invisible character U+\
            \(String(repeating: "0", count: max(0, 4 - name.count)))\(name). Take it out.
            """
          return (offset, sentence)
        }
        offset += UTF8.width(scalar)
      }
    }
  }

  /// Whether a character cannot be seen, or would end a line for some readers and not for others.
  private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09: false
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
    default: false
    }
  }
}
