/// Which lines two texts have in common: a longest common subsequence.
///
/// The same beginning and end are taken off first. What is left is compared line by line, or, where
/// that would be too much, counts as different throughout.
struct LineDifference {
  /// For each line of the first text the index of its line in the second; nil if it is gone.
  let places: [Int?]

  init(_ first: [ArraySlice<UInt8>], _ second: [ArraySlice<UInt8>]) {
    var places = [Int?](repeating: nil, count: first.count)
    var start = 0
    while start < first.count, start < second.count, first[start] == second[start] {
      places[start] = start
      start += 1
    }
    var end = 0
    while end < first.count - start, end < second.count - start,
      first[first.count - 1 - end] == second[second.count - 1 - end]
    {
      places[first.count - 1 - end] = second.count - 1 - end
      end += 1
    }
    let rows = first.count - start - end
    let columns = second.count - start - end
    if rows > 0, columns > 0, rows <= MergeLimits.lineComparisonsMax / columns {
      Self.compare(
        first[start..<start + rows], second[start..<start + columns], into: &places)
    }
    self.places = places
  }

  private static func compare(
    _ first: ArraySlice<ArraySlice<UInt8>>, _ second: ArraySlice<ArraySlice<UInt8>>,
    into places: inout [Int?]
  ) {
    let width = second.count + 1
    // How many lines the rests from each pair on have in common.
    var common = [Int32](repeating: 0, count: (first.count + 1) * width)
    for row in (0..<first.count).reversed() {
      for column in (0..<second.count).reversed() {
        let here = row * width + column
        common[here] =
          first[first.startIndex + row] == second[second.startIndex + column]
          ? common[here + width + 1] + 1 : max(common[here + width], common[here + 1])
      }
    }
    var (row, column) = (0, 0)
    while row < first.count, column < second.count {
      let here = row * width + column
      if first[first.startIndex + row] == second[second.startIndex + column] {
        places[first.startIndex + row] = second.startIndex + column
        row += 1
        column += 1
      } else if common[here + width] >= common[here + 1] {
        row += 1
      } else {
        column += 1
      }
    }
  }
}
