internal import Deltas

extension WhyReport {
  func lines(style: TextStyle) -> [String] {
    let keyText = ValueText.escaped(KeyArgument.text(shownKey.values))
    let what = name(column).map { " \($0)" } ?? ""
    var lines = [style.strong("\(ValueText.escaped(table.name)) \(keyText)\(what)")]
    lines += standing(style: style)
    lines += parcel
    if isWaiting {
      lines.append("Changes of others wait here until the hub has confirmed this branch’s own.")
    }
    if let quarantineReason { lines.append("The row is in quarantine: \(quarantineReason).") }
    if !shownConflicts.isEmpty {
      lines += ["", "It stood against:"]
      for conflict in shownConflicts { lines += ledger.lines(conflict, style: style) }
    }
    return lines
  }

  private func standing(style: TextStyle) -> [String] {
    guard !shownCells.isEmpty else {
      if failure != nil { return here() }
      if exists { return ["The row is here; the hub does not have it yet."] }
      return ["There is no such row, and the hub never had one."]
    }
    var table = TextTable([
      .init("column"), .init("value", isFlexible: true), .init("branch"), .init("written"),
    ])
    for cell in shownCells {
      table.append([
        name(cell.column) ?? "(row)", Self.value(cell, exists: exists), cell.branch,
        LedgerReport.time(cell.milliseconds),
      ])
    }
    return table.lines(style: style, width: Console.outputWidth)
  }

  private static func value(_ cell: Cell, exists: Bool) -> String {
    guard cell.column != nil else { return exists ? "came into being" : "deleted" }
    return cell.value.map(ValueText.shown) ?? "(too large to show)"
  }

  /// What a branch can say without its hub.
  private func here() -> [String] {
    guard exists else { return ["The row is not here."] }
    let columns = table.columns.filter { column == nil || $0.id == column }
    return columns.map { "\($0.name) is \(ValueText.shown(valuesHere[$0.id] ?? .null)) here." }
  }
}
