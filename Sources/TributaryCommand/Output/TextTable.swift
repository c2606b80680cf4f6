/// Rows for people: columns aligned by what a terminal shows, numbers to the right.
struct TextTable {
  struct Column {
    var title: String
    var isNumber = false
    /// Whether its texts may be shortened so that the lines fit.
    var isFlexible = false

    init(_ title: String, isNumber: Bool = false, isFlexible: Bool = false) {
      self.title = title
      self.isNumber = isNumber
      self.isFlexible = isFlexible
    }
  }

  private let columns: [Column]
  private var rows: [[String]] = []
  private static let gap = "  "
  private static let flexibleWidthMin = 12

  init(_ columns: [Column]) { self.columns = columns }

  var isEmpty: Bool { rows.isEmpty }

  mutating func append(_ cells: [String]) { rows.append(cells) }

  /// The head, then the rows; no line ends with spaces. With a width, flexible columns shrink so
  /// that lines fit if they can.
  func lines(style: TextStyle = .plain, indent: String = "", width: Int? = nil) -> [String] {
    let widths = widths(fitting: width.map { $0 - DisplayWidth.of(indent) })
    func line(_ cells: [String]) -> String {
      var text = indent
      for (index, cell) in cells.enumerated() {
        if index > 0 { text += Self.gap }
        let shown = DisplayWidth.shortened(cell, to: widths[index])
        text += DisplayWidth.padded(shown, to: widths[index], onLeft: columns[index].isNumber)
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    return [style.heading(line(columns.map(\.title)))] + rows.map(line)
  }

  private func widths(fitting limit: Int?) -> [Int] {
    var widths = columns.indices.map { index in
      ([columns[index].title] + rows.map { $0[index] }).map { DisplayWidth.of($0) }.max() ?? 0
    }
    guard let limit else { return widths }
    let gaps = Self.gap.count * max(0, columns.count - 1)
    for index in columns.indices where columns[index].isFlexible {
      let over = widths.reduce(gaps, +) - limit
      guard over > 0 else { break }
      widths[index] = max(min(widths[index], Self.flexibleWidthMin), widths[index] - over)
    }
    return widths
  }
}
