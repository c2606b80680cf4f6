package import Clocks
package import Deltas

/// What stands, as a plain function of a row's history.
extension World {
  /// The rules among concurrent versions, written out once more.
  static func stands(
    _ left: WorldChange, over right: WorldChange, in column: ColumnID, by rule: SimulatedPolicy.Rule
  ) -> Bool {
    switch rule {
    case .latest, .ask: isLater(left, right)
    case .first: isEarlier(left, right)
    case .greatest: isWorthMore(left, right, column) ?? isLater(left, right)
    case .least: isWorthLess(left, right, column) ?? isLater(left, right)
    }
  }

  private static func isEarlier(_ left: WorldChange, _ right: WorldChange) -> Bool {
    switch (left.milliseconds, right.milliseconds) {
    case (nil, .some): true
    case (.some, nil): false
    case (let leftTime?, let rightTime?) where leftTime != rightTime: leftTime < rightTime
    default: isLater(left, right)
    }
  }

  /// Nil if they are worth the same.
  private static func isWorthMore(
    _ left: WorldChange, _ right: WorldChange, _ column: ColumnID
  ) -> Bool? {
    let (one, other) = (left.values[column] ?? .null, right.values[column] ?? .null)
    return Value.sortsBefore(other, one) ? true : Value.sortsBefore(one, other) ? false : nil
  }

  /// Nil if they are worth the same. NULL is worth more than anything here.
  private static func isWorthLess(
    _ left: WorldChange, _ right: WorldChange, _ column: ColumnID
  ) -> Bool? {
    let (one, other) = (left.values[column] ?? .null, right.values[column] ?? .null)
    if (one == .null) != (other == .null) { return other == .null }
    return isWorthMore(left, right, column).map { !$0 }
  }

  private static func isLater(_ left: WorldChange, _ right: WorldChange) -> Bool {
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

  static func standing(
    _ column: ColumnID, _ history: [WorldChange], by rule: SimulatedPolicy.Rule
  ) -> WorldChange? {
    candidates(column, history).reduce(nil) { best, next in
      guard let best else { return next }
      return stands(next, over: best, in: column, by: rule) ? next : best
    }
  }

  /// The row as it should stand at every replica that has integrated the log up to a position.
  package func row(_ key: RowKey, at position: LogPosition) -> [Value]? {
    let history = history(key, upTo: position)
    guard Self.isAlive(history) else { return nil }
    return (schema.table(key.table)?.valueColumns ?? []).map { column in
      Self.standing(column, history, by: rules[key.table] ?? .latest)?.values[column] ?? .null
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
