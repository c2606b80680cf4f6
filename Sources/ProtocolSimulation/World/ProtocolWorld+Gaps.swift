internal import Basics
internal import Clocks
internal import Deltas

/// Writes that no trigger saw: the file knows that there was a gap, and compares itself with the
/// hub.
extension ProtocolWorld {
  /// A program changes a row while nothing captures, or puts one back to what it was.
  func writeUncaptured(_ device: Int, _ chance: UInt64) {
    guard !truth.isFull else { return }
    var random = SeededGenerator(seed: chance)
    let row = Int.random(in: 0..<table.rowCount, using: &random)
    devices[device].compares = true
    let branch = devices[device]
    // What triggers saw of the row would be sealed with values that they did not see.
    guard branch.deferred[row] == nil, !branch.journal.contains(where: { $0.row == row }),
      !branch.outbox.contains(where: { $0.changes.contains { $0.row == row } })
    else { return }
    if random.chance(500) {
      putBack(device, row, &random)
    } else {
      change(device, row, &random)
    }
  }

  private func change(_ device: Int, _ row: Int, _ random: inout SeededGenerator) {
    truth.putBack[[device, row]] = nil
    var values = devices[device].rows[row] ?? table.columns.map { _ in Value.null }
    if devices[device].rows[row] != nil, random.chance(250) {
      devices[device].rows[row] = nil
    } else {
      for column in table.columns where devices[device].rows[row] == nil || random.chance(600) {
        let mark = truth.issue(row: row, column: column, value: nil, seen: Marks())
        values[table.index(column)] = truth.values[mark]
      }
      devices[device].rows[row] = values
    }
    note("  device \(device) has \(Self.text(devices[device].rows[row])) in row \(row), uncaptured")
  }

  /// The row as the hub had it once, before others changed it: whoever sees it now has not seen
  /// what they wrote.
  private func putBack(_ device: Int, _ row: Int, _ random: inout SeededGenerator) {
    let branch = devices[device]
    let place = Int(branch.place.position.rawValue)
    guard place > 1, hub.lineage.includes(branch.place, in: hub.headPlace),
      !truth.adoptions.contains(where: { $0.device == device }), !hub.rows[row].wasIncomplete,
      branch.rows[row] == hub.log[place - 1].rowsAfter[row]
    else { return }
    let number = Int.random(in: 1..<place, using: &random)
    let later = hub.log[number..<place].filter { $0.changeset.changes.contains { $0.row == row } }
    guard !later.contains(where: { $0.dot.replica == branch.replica }) else { return }
    let values = hub.log[number - 1].rowsAfter[row]
    guard values != branch.rows[row] else { return }
    var seen = Marks()
    for entry in hub.log[..<number] {
      for change in entry.changeset.changes where change.row == row {
        for mark in change.marks where mark > 0 { seen.insert(mark) }
      }
    }
    devices[device].rows[row] = values
    truth.putBack[[device, row]] = (values, seen)
    note("  device \(device) has \(Self.text(values)) in row \(row) again, uncaptured")
  }

  /// What the author of a row that a comparison sends had seen of it.
  func seenWhenCaptured(_ branch: ModelBranch, _ row: Int, _ device: Int) -> Marks {
    guard let old = truth.putBack.removeValue(forKey: [device, row]),
      old.values == branch.rows[row]
    else { return branch.seen[row] }
    return old.seen
  }
}
