package import Clocks
package import Deltas

/// What stands, as a plain function of a row's history.
extension World {
  /// The rule among concurrent versions, written out once more.
  static func stands(_ left: WorldChange, over right: WorldChange) -> Bool {
    switch (left.milliseconds, right.milliseconds) {
    case (nil, nil): left.position < right.position
    case (.some, nil): true
    case (nil, .some): false
    case (let leftTime?, let rightTime?):
      leftTime != rightTime
        ? leftTime > rightTime
        : (left.dot.replica, left.dot.counter) < (right.dot.replica, right.dot.counter)
    }
  }

  /// The changes of a row up to a position that count.
  package func history(_ key: RowKey, upTo position: LogPosition) -> [WorldChange] {
    (changes[key] ?? []).filter { $0.position <= position && !$0.isAbsorbed }
  }

  /// Whether some write was not seen by any deletion.
  static func isAlive(_ history: [WorldChange]) -> Bool {
    history.contains { $0.kind != .delete && isLive($0, history) }
  }

  private static func isLive(_ write: WorldChange, _ history: [WorldChange]) -> Bool {
    !history.contains { $0.kind == .delete && $0.hasSeen(write) }
  }

  /// The writes of a cell among which the rule chooses.
  static func candidates(_ column: ColumnID, _ history: [WorldChange]) -> [WorldChange] {
    let writes = history.filter { $0.values[column] != nil }
    let maximal = writes.filter { write in !writes.contains { $0.hasSeen(write) } }
    let deletions = history.filter { $0.kind == .delete }
    let lasting = maximal.filter { write in
      !deletions.contains { deletion in
        deletion.hasSeen(write) && maximal.contains { !deletion.hasSeen($0) }
      }
    }
    return lasting.isEmpty ? maximal : lasting
  }

  static func standing(_ column: ColumnID, _ history: [WorldChange]) -> WorldChange? {
    candidates(column, history).reduce(nil) { best, next in
      guard let best else { return next }
      return stands(next, over: best) ? next : best
    }
  }

  /// The row as it should stand at every replica that has integrated the log up to a position.
  package func row(_ key: RowKey, at position: LogPosition) -> [Value]? {
    let history = history(key, upTo: position)
    guard Self.isAlive(history) else { return nil }
    return (schema.table(key.table)?.valueColumns ?? []).map { column in
      Self.standing(column, history)?.values[column] ?? .null
    }
  }

  /// The columns on which the last change of a history is in conflict; nil stands for the row's
  /// own life.
  static func conflicts(ofLast last: WorldChange, in history: [WorldChange]) -> Set<ColumnID?> {
    var result: Set<ColumnID?> = []
    if last.kind == .delete {
      if isAlive(history), !history.contains(where: { $0.kind != .delete && $0.hasSeen(last) }) {
        result.insert(nil)
      }
      return result
    }
    for (column, value) in last.values {
      let candidates = candidates(column, history)
      guard candidates.contains(last), isLive(last, history) else { continue }
      if candidates.contains(where: { $0.values[column] != value }) { result.insert(column) }
    }
    let isMet = history.contains { deletion in
      deletion.kind == .delete && !last.hasSeen(deletion) && !deletion.hasSeen(last)
        && !history.contains { $0.kind != .delete && $0.hasSeen(deletion) }
        && !history.contains { $0.kind == .delete && $0.hasSeen(deletion) }
    }
    if isMet { result.insert(nil) }
    return result
  }
}
