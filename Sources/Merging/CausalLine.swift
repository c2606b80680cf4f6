internal import Clocks
internal import Deltas

/// Versions one after the other, each after those it had seen; of those that could be next, the
/// earliest by corrected time, then the one with the lower replica number.
///
/// A function of the set: a version that nobody has seen leaves the order of the others as it is.
enum CausalLine {
  /// The indices of versions in that order. O(n²).
  static func order(_ versions: [CellVersion]) -> [Int] {
    var waitsFor = versions.map { version in
      versions.count { version.version.hasSeen($0.version) }
    }
    var rest = Array(versions.indices)
    var result: [Int] = []
    result.reserveCapacity(versions.count)
    while !rest.isEmpty {
      var next = 0
      for place in rest.indices.dropFirst()
      where precedes(rest[place], rest[next], versions, waitsFor) {
        next = place
      }
      let index = rest.remove(at: next)
      result.append(index)
      for other in rest where versions[other].version.hasSeen(versions[index].version) {
        waitsFor[other] -= 1
      }
    }
    return result
  }

  /// What waits for least comes first, so that even what no history can be has an order.
  private static func precedes(
    _ left: Int, _ right: Int, _ versions: [CellVersion], _ waitsFor: [Int]
  ) -> Bool {
    if waitsFor[left] != waitsFor[right] { return waitsFor[left] < waitsFor[right] }
    let (leftVersion, rightVersion) = (versions[left].version, versions[right].version)
    let (leftTime, rightTime) = (leftVersion.milliseconds, rightVersion.milliseconds)
    if leftTime != rightTime {
      guard let leftTime else { return true }
      guard let rightTime else { return false }
      return leftTime < rightTime
    }
    let leftDot = (leftVersion.dot.replica, leftVersion.dot.counter, leftVersion.position)
    let rightDot = (rightVersion.dot.replica, rightVersion.dot.counter, rightVersion.position)
    return leftDot == rightDot ? left < right : leftDot < rightDot
  }
}
