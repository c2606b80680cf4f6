/// Rows for people: columns aligned by what a terminal shows, numbers to the right.
struct TextTable {
  struct Column {
    var title: String
    var isNumber = false
    /// Longer texts are shortened to this width; nil leaves them whole.
    var widthMax: Int?

    init(_ title: String, isNumber: Bool = false, widthMax: Int? = nil) {
      self.title = title
      self.isNumber = isNumber
      self.widthMax = widthMax
    }
  }

  private let columns: [Column]
  private var rows: [[String]] = []
  private static let gap = "  "

  init(_ columns: [Column]) { self.columns = columns }

  var isEmpty: Bool { rows.isEmpty }

  mutating func append(_ cells: [String]) {
    rows.append(
      zip(cells, columns).map { cell, column in
        column.widthMax.map { DisplayWidth.shortened(cell, to: $0) } ?? cell
      })
  }

  /// The head, then the rows; no line ends with spaces.
  func lines(style: TextStyle = .plain, indent: String = "") -> [String] {
    let widths = columns.indices.map { index in
      ([columns[index].title] + rows.map { $0[index] }).map { DisplayWidth.of($0) }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      var text = indent
      for (index, cell) in cells.enumerated() {
        if index > 0 { text += Self.gap }
        text += DisplayWidth.padded(cell, to: widths[index], onLeft: columns[index].isNumber)
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    return [style.heading(line(columns.map(\.title)))] + rows.map(line)
  }
}
