/// The lines that are printed at the end.
struct Report {
  /// The points asked for; figures of others are measured along the way and not shown.
  let points: Set<Character>
  private var lines: [[String]] = [["", "figure", "measured", "against", "ratio", "aim"]]

  init(points: Set<Character>) { self.points = points }

  mutating func add(
    _ point: String, _ figure: String, _ measured: String, against: String, ratio: Double?,
    aim: String
  ) {
    guard point.allSatisfy(points.contains) else { return }
    let text = ratio.map { number($0, 3) } ?? ""
    lines.append([point, figure, measured, against, text, aim])
  }

  var text: String {
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { cells in
      zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        .joined(separator: "  ")
    }.joined(separator: "\n")
  }
}

/// A number with some decimals, without a locale.
func number(_ value: Double, _ decimals: Int) -> String {
  guard value.isFinite else { return "?" }
  var factor = 1.0
  for _ in 0..<decimals { factor *= 10 }
  let scaled = (value * factor).rounded()
  let whole = Int(scaled / factor)
  guard decimals > 0 else { return "\(Int(scaled))" }
  let rest = String(abs(Int(scaled) % Int(factor)))
  return "\(whole)." + String(repeating: "0", count: decimals - rest.count) + rest
}
