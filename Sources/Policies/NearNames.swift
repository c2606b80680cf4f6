/// Known names, of which an unknown one might be a slip.
enum NearNames {
  /// What to do about an unknown name: “Did you mean “points”?”, or what there is.
  static func advice(for name: String, among known: [String], otherwise: String) -> String {
    let near = nearest(to: name, among: known)
    if !near.isEmpty {
      return "Did you mean \(enumerated(near.map(shown), with: "or"))?"
    }
    guard !known.isEmpty, known.count <= PolicyLimits.listedNamesMax else { return otherwise }
    return "There \(known.count == 1 ? "is" : "are") \(enumerated(known.map(shown))). \(otherwise)"
  }

  /// At most three that differ by a slip or two, the nearest first.
  static func nearest(to name: String, among known: [String]) -> [String] {
    let wanted = Array(foldedName(name).utf8)
    guard !wanted.isEmpty, wanted.count <= PolicyLimits.nearNameBytesMax else { return [] }
    let slipsMax = wanted.count < 4 ? 1 : wanted.count < 9 ? 2 : 3
    let near = known.prefix(PolicyLimits.nearNamesMax).compactMap { other in
      let letters = Array(foldedName(other).utf8)
      return slips(wanted, letters, atMost: slipsMax).map { (slips: $0, name: other) }
    }
    return near.sorted { ($0.slips, $0.name) < ($1.slips, $1.name) }.prefix(3).map(\.name)
  }

  /// How many bytes to put in, leave out, change or swap with their neighbours make one of the
  /// other; nil if more than `limit`, or as many as there are bytes.
  private static func slips(_ left: [UInt8], _ right: [UInt8], atMost limit: Int) -> Int? {
    guard abs(left.count - right.count) <= limit else { return nil }
    var before: [Int] = []
    var last = Array(0...right.count)
    for (row, byte) in left.enumerated() {
      var line = [row + 1]
      for (column, other) in right.enumerated() {
        var least = min(
          last[column] + (byte == other ? 0 : 1), last[column + 1] + 1, line[column] + 1)
        if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
          least = min(least, before[column - 1] + 1)
        }
        line.append(least)
      }
      (before, last) = (last, line)
    }
    let count = last[right.count]
    return count <= limit && count < max(left.count, right.count) ? count : nil
  }
}

/// A table's or column's name as SQLite compares it: letters A to Z count as small.
func foldedName(_ name: String) -> String {
  String(decoding: name.utf8.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
}
