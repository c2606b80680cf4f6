internal import Deltas

/// Text as lines: what two branches add is kept from both, in a stable order.
///
/// Each write is taken as the lines that it took out of and put into what its author had. A line
/// that one took out is gone, and what another wrote in its place stays; where both wrote at one
/// place, the earlier comes first; what both wrote alike is there once. NULL has no lines. What is
/// no text is a value that was set; where it stands, no lines are put into it.
package struct LinesRule: MergeRule {
  package init() {}
  package var name: String { "lines" }
  package var memory: RuleMemory { .operations }

  package func resolve(_ versions: [CellVersion]) -> CellOutcome {
    let history = OperationHistory(versions) { previous, value in
      Self.lines(previous) != nil && Self.lines(value) != nil
    }.begun(versions)
    let beginning = versions[history.beginnings[0]]
    guard let lines = Self.lines(beginning.value) else { return history.latest(versions) }
    let others = history.beginnings.filter { versions[$0].value != beginning.value }
    if history.operations.isEmpty {
      return CellOutcome(
        value: beginning.value, standing: history.beginnings[0], overruled: others.sorted(),
        explanation: history.explanation(versions, others) ?? .laterText)
    }
    var weave = Weave(lines, by: history.beginnings[0], versions)
    for index in history.line(versions) {
      guard let old = versions[index].previous.flatMap(Self.lines),
        let new = Self.lines(versions[index].value)
      else { continue }
      weave.edit(by: index, from: old, to: new)
    }
    return CellOutcome(
      value: Self.value(weave.lines, versions), standing: nil,
      overruled: (others + weave.overruled).sorted(),
      explanation: others.isEmpty ? .lineOverRemoval : .laterText)
  }

  /// Nil for what is no text.
  private static func lines(_ value: Value) -> [ArraySlice<UInt8>]? {
    switch value {
    case .null: []
    case .text(let bytes):
      bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    case .integer, .real, .blob: nil
    }
  }

  private static func value(_ lines: [ArraySlice<UInt8>], _ versions: [CellVersion]) -> Value {
    guard lines.isEmpty else { return .text(Array(lines.joined(separator: [UInt8(ascii: "\n")]))) }
    let isNull = OperationHistory.maximal(versions).allSatisfy { versions[$0].value == .null }
    return isNull ? .null : .text([])
  }
}

/// All lines that a text ever had, in one order, with who put each in and who took it out.
private struct Weave {
  private struct Line {
    let text: ArraySlice<UInt8>
    /// The versions that put it in: several if they wrote the same at the same place.
    var authors: [Int]
    var removals: [(by: Int, isReplaced: Bool)] = []
  }

  private var woven: [Line]
  private let beginning: Int
  private let versions: [CellVersion]

  init(_ lines: [ArraySlice<UInt8>], by beginning: Int, _ versions: [CellVersion]) {
    woven = lines.map { Line(text: $0, authors: [beginning]) }
    self.beginning = beginning
    self.versions = versions
  }

  var lines: [ArraySlice<UInt8>] { woven.filter(\.removals.isEmpty).map(\.text) }

  /// Those who took out a line without putting another there, where somebody else put one.
  var overruled: [Int] {
    var result: Set<Int> = []
    for line in woven where line.removals.contains(where: \.isReplaced) {
      for removal in line.removals where !removal.isReplaced { result.insert(removal.by) }
    }
    return Array(result)
  }

  /// Takes in what a version did to the lines that its author had.
  mutating func edit(by author: Int, from old: [ArraySlice<UInt8>], to new: [ArraySlice<UInt8>]) {
    let view = woven.indices.filter { isVisible(woven[$0], to: author) }
    // Where the author's lines are in the weave.
    let found = LineDifference(old, view.map { woven[$0].text }).places.map { $0.map { view[$0] } }
    let kept = LineDifference(old, new).places
    // From the end, so that places before stay what they are.
    var (oldEnd, newEnd, place) = (old.count, new.count, woven.count)
    for index in old.indices.reversed() where kept[index] != nil {
      let newIndex = kept[index] ?? 0
      change(
        by: author, removing: found[(index + 1)..<oldEnd], adding: new[(newIndex + 1)..<newEnd],
        after: found[...index].last { $0 != nil } ?? nil, before: place)
      (oldEnd, newEnd) = (index, newIndex)
      place = found[index] ?? place
    }
    change(
      by: author, removing: found[..<oldEnd], adding: new[..<newEnd], after: nil, before: place)
  }

  private mutating func change(
    by author: Int, removing removed: ArraySlice<Int?>, adding added: ArraySlice<ArraySlice<UInt8>>,
    after last: Int?, before place: Int
  ) {
    for index in removed.compactMap(\.self) {
      woven[index].removals.append((author, !added.isEmpty))
    }
    guard !added.isEmpty else { return }
    // What others have put at the same place without knowing of each other.
    let beside = ((last ?? -1) + 1..<max(place, (last ?? -1) + 1)).filter {
      woven[$0].removals.isEmpty && !isVisible(woven[$0], to: author)
    }
    for start in 0..<max(0, beside.count - added.count + 1) {
      let run = beside[start..<start + added.count]
      guard zip(run, added).allSatisfy({ woven[$0].text == $1 }) else { continue }
      for index in run { woven[index].authors.append(author) }
      return
    }
    woven.insert(contentsOf: added.map { Line(text: $0, authors: [author]) }, at: place)
  }

  /// Whether the author of a version had a line. What the text began with everybody had.
  private func isVisible(_ line: Line, to author: Int) -> Bool {
    let isThere = line.authors.contains { $0 == beginning || hasSeen(author, $0) }
    return isThere && !line.removals.contains { hasSeen(author, $0.by) }
  }

  private func hasSeen(_ left: Int, _ right: Int) -> Bool {
    versions[left].version.hasSeen(versions[right].version)
  }
}
