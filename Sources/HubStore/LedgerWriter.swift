internal import Basics
internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Notes what one changeset's merge found: contested rows, and conflicts for the ledger.
final class LedgerWriter {
  private let store: HubStore
  let position: LogPosition
  private var nextID: UInt64?
  private(set) var conflictCount = 0
  private(set) var hasContested = false
  /// Frames of the log that may still be decoded to find what both sides of a conflict had seen.
  private var framesLeft = HubStoreLimits.conflictBaseFramesMax

  init(store: HubStore, position: LogPosition) throws {
    self.store = store
    self.position = position
    try store.database.execute(HubSQL.createContested)
    try store.database.execute(HubSQL.deleteContested)
  }

  /// Everybody is to get the row's full state as it stands after this changeset.
  func markContested(_ table: TableID, _ key: UnsafeRawBufferPointer) throws {
    hasContested = true
    try store.database.execute(HubSQL.insertContested, [Value(table), .blob(Array(key))])
  }

  func add(_ found: MergeConflict, at key: RowKey) throws {
    let columns = found.columns == [RowState.presenceColumn] ? [] : found.columns
    let conflict = Conflict(
      id: try issueID(), position: position, key: key, columns: columns,
      bases: found.isOfRow ? nil : try bases(of: columns, at: key, seenBy: found.versions),
      sides: try found.sides.prefix(DeltaLimits.conflictValuesMax).map { side in
        ConflictSide(
          dot: side.version.dot, milliseconds: side.version.milliseconds,
          clockOffsetMilliseconds: try clockOffset(of: side.version),
          values: columns == found.columns ? side.values : side.values.map { _ in [] })
      }, rule: found.rule, state: found.state, explanation: found.explanation.sentence)
    try insert(conflict)
  }

  /// Whether any conflict waits for a person.
  func hasOpen() throws -> Bool {
    try conflictCount > 0 || store.database.firstRow(HubSQL.selectOpenAny) != nil
  }

  /// What the hub added to the clock of a version's author.
  private func clockOffset(of version: Version) throws -> Int64? {
    guard version.milliseconds != nil, version.dot.replica != .hub else { return nil }
    return try store.log.entry(version.position)?.clockOffsetMilliseconds
  }

  private func issueID() throws -> UInt64 {
    let id =
      try nextID ?? UInt64(try store.database.integer(HubSQL.selectLedgerLast) ?? 0) + 1
    nextID = id + 1
    return id
  }

  private func insert(_ conflict: Conflict) throws {
    conflictCount += 1
    try store.database.execute(
      HubSQL.insertLedger,
      [
        Value(counter: conflict.id), Value(position), Value(conflict.key.table),
        .blob(conflict.key.encoded),
        conflict.column.map { .integer(Int64($0.rawValue)) } ?? .null,
        .integer(Int64(conflict.state.rawValue)), .blob(Conflict.payload(of: [conflict])),
      ])
  }

  /// Notes what its author had no right to write, beside what stands.
  func addRefused(
    _ sides: [ConflictSide], of columns: [ColumnID], at key: RowKey, _ refusal: WriteRefusal
  ) throws {
    try insert(
      Conflict(
        id: try issueID(), position: position, key: key, columns: columns, bases: nil,
        sides: sides, rule: Self.authorityRule, state: .refused,
        explanation: refusal.sentence(isWithheld: store.policy.withholds(key.table))))
  }

  /// The rule's name in conflicts that tell of writes without authority.
  static let authorityRule = "authority"

  /// Notes that a row which was deleted stands again, since another refers to it, or belongs to it.
  func addUse(
    _ use: Version, of key: RowKey, by child: HubTable, against deletions: [Version],
    _ rule: DeleteRule, isGroup: Bool = false
  ) throws {
    let sides = try ([use] + deletions).prefix(DeltaLimits.conflictValuesMax).enumerated().map {
      ConflictSide(
        dot: $1.dot, milliseconds: $1.milliseconds,
        clockOffsetMilliseconds: try clockOffset(of: $1), values: $0 == 0 ? [] : nil)
    }
    let stands = rule == .ask ? "it stands until somebody decides" : "it stands again"
    let end = isGroup ? "belongs to it; \(stands), with its rows." : "refers to it; \(stands)."
    func sentence(_ name: String) -> String {
      """
      One branch deleted the row while another, without having seen that, wrote a row\(name) \
      that \(end)
      """
    }
    let whole = sentence(" of \(child.schema.name)")
    try insert(
      Conflict(
        id: try issueID(), position: position, key: key, columns: [], bases: nil, sides: sides,
        rule: rule.name, state: rule == .ask ? .open : .settled,
        explanation: whole.utf8.count <= DeltaLimits.explanationBytesMax ? whole : sentence("")))
  }

  /// The rule's name in conflicts that tell of rows which people gave up, since what they refer to
  /// is not there.
  static let orphanRule = "reference"

  /// Notes that such a row is given up, and returns what the ledger says if that is taken back, and
  /// what it says.
  func addGivenUp(
    _ row: ConflictSide, deletion: ConflictSide, at key: RowKey, by person: String
  ) throws -> (before: Conflict, after: Conflict) {
    let after = Conflict(
      id: try issueID(), position: position, key: key, columns: [], bases: nil,
      sides: [deletion, row], rule: Self.orphanRule, state: .decided,
      explanation: "\(person) decided: this row, which refers to none that is there, is given up.")
    try insert(after)
    var before = after
    before.sides = [row, deletion]
    before.state = .settled
    before.explanation = "This row refers to one that is not there. It stands as it was sent."
    return (before, after)
  }

  // MARK: Refused rows

  /// The rule's name in conflicts that tell of rows which constraints refused.
  static let refusalRule = "constraint"

  /// Why a value was kept for people although no row takes it.
  enum KeptReason: String {
    /// The row was deleted, and its tombstone is gone.
    case late = "update over delete"
    /// The row was never inserted.
    case partial = "part of a row"
    /// It was written while nothing was captured, and overwritten by what came in.
    case uncaptured = "written uncaptured"
    /// It waited in quarantine, and was written anew by somebody who was not shown it.
    case unshown = "written over quarantine"

    /// Whether people must look at it. What was not captured is hardly ever news: mostly the
    /// branch had it from the hub.
    var state: ConflictState {
      switch self {
      case .late, .partial: .open
      case .uncaptured, .unshown: .settled
      }
    }

    var sentence: String {
      switch self {
      case .late:
        """
        The row was deleted, and this branch was away for so long that nothing of it is left; it \
        changed the row without having seen that. The deletion stands, and the change is kept here.
        """
      case .partial:
        """
        The row was changed, and the hub has never had the rest of it. It is not shown before \
        that comes; the change is kept here.
        """
      case .uncaptured:
        """
        This branch had it from a time when its writes were not captured, and what others wrote \
        has taken its place there. That stands, and what the branch had is kept here.
        """
      case .unshown:
        """
        A constraint had refused this row as it was written, and whoever wrote it anew was shown \
        it without that. What was written anew stands, and what had waited is kept here.
        """
      }
    }
  }

  /// Notes a value that does not become its row's.
  func addKept(
    _ written: ConflictValue, of column: ColumnID, at key: RowKey, against standing: ConflictValue,
    _ reason: KeptReason
  ) throws {
    try insert(
      Conflict(
        id: try issueID(), position: position, key: key, column: column, base: nil,
        values: [standing, written], rule: reason.rawValue, state: reason.state,
        explanation: reason.sentence))
  }

  /// Nobody has to look at the parts of a row any more.
  func settlePartial(_ key: RowKey, _ ending: RefusalEnding) throws {
    let parameters = [Value(key.table), .blob(key.encoded)]
    for row in try store.database.rows(HubSQL.selectLedgerOfRow, parameters) {
      let conflict = try HubStore.conflict(in: row[0])
      guard conflict.state == .open, conflict.rule == KeptReason.partial.rawValue else { continue }
      try settle(conflict.id, ending)
    }
  }

  /// How a row's quarantine ended.
  enum RefusalEnding {
    case rowStands
    case rowDeleted
    /// The rest of a row has come of which there was only a part.
    case partCompleted
    case partDeleted

    var sentence: String {
      switch self {
      case .rowStands:
        "A constraint of its table had refused this row; the obstacle is gone, and the row stands."
      case .rowDeleted:
        "A constraint of its table had refused this row; since then the row was deleted."
      case .partCompleted:
        "The hub had only a part of this row; the rest has come, and the row stands."
      case .partDeleted:
        "The hub had only a part of this row; since then the row was deleted."
      }
    }
  }

  /// Notes that a constraint refused a row, and returns the conflict's number. Where nothing is
  /// known to stand instead, the row's own absence does.
  func addRefusal(
    of refused: ConflictValue, standing: ConflictValue?, at key: RowKey, tableName: String,
    reason: String
  ) throws -> UInt64 {
    let absence = ConflictValue(dot: refused.dot, milliseconds: refused.milliseconds, value: nil)
    let conflict = Conflict(
      id: try issueID(), position: position, key: key, column: nil, base: nil,
      values: [standing ?? absence, refused], rule: Self.refusalRule, state: .open,
      explanation: Self.sentence(tableName: tableName, reason: reason))
    try insert(conflict)
    return conflict.id
  }

  /// SQLite's reason names the constraint or its columns, never a value.
  private static func sentence(tableName: String, reason: String) -> String {
    func sentence(_ reason: String) -> String {
      """
      A constraint of table \(tableName) refused this row\(reason): it waits at the hub until the \
      obstacle is gone; nothing of it is lost.
      """
    }
    let whole = sentence(" (\(reason))")
    if whole.utf8.count <= DeltaLimits.explanationBytesMax { return whole }
    return "A constraint refused this row: it waits at the hub until the obstacle is gone; nothing"
      + " of it is lost."
  }

  /// Says the conflict of a row that was refused anew, with this changeset: nobody has to look at
  /// it any more.
  func settle(_ id: UInt64, _ ending: RefusalEnding) throws {
    guard var conflict = try said(of: id).first else {
      throw HubStoreError.damaged("the ledger lacks entry \(id)")
    }
    conflict.state = .settled
    conflict.explanation = ending.sentence
    if ending == .rowStands || ending == .partCompleted { conflict.sides.reverse() }
    try replace(conflict)
  }

  /// Says a conflict anew, with this changeset. All that changes an entry does so here: everybody
  /// is told, and of what whose changeset is lost that was said before stands again.
  func replace(_ conflict: Conflict) throws {
    var conflict = conflict
    conflict.position = position
    conflictCount += 1
    let said = conflict.over(
      try said(of: conflict.id), countMax: HubStoreLimits.saidOfConflictMax,
      bytesMax: HubStoreLimits.outcomeRowBytesMax)
    try store.database.execute(
      HubSQL.updateLedger,
      [
        Value(counter: conflict.id), Value(position), .integer(Int64(conflict.state.rawValue)),
        .blob(Conflict.payload(of: said)),
      ])
  }

  private func said(of id: UInt64) throws -> [Conflict] {
    let entry = try store.database.firstRow(HubSQL.selectLedgerEntry, [Value(counter: id)])
    return try entry.map { try Conflict.list(payload: $0[0].asBytes) } ?? []
  }

  /// The same of several columns; nil unless it is known of all of them.
  private func bases(
    of columns: [ColumnID], at key: RowKey, seenBy versions: [Version]
  ) throws -> [Value]? {
    var bases: [Value] = []
    for column in columns {
      guard let base = try base(of: column, at: key, seenBy: versions) else { return nil }
      bases.append(base)
    }
    return bases.isEmpty ? nil : bases
  }

  /// What all sides of a conflict had seen before, where looking for it is cheap: the cell's last
  /// value at a position that each had integrated or written itself.
  private func base(
    of column: ColumnID, at key: RowKey, seenBy versions: [Version]
  ) throws -> Value? {
    guard framesLeft > 0, let least = versions.map(\.position).min(), least > .start else {
      return nil
    }
    let encoded = key.encoded
    let parameters = [
      Value(key.table), Value(LogPosition(least.rawValue - 1)), .blob(encoded),
      Value(HubStoreLimits.conflictBaseRangesMax),
    ]
    for frame in try store.database.rows(HubSQL.selectFramesOfRow, parameters) {
      let place = frame[0].asPosition
      let isOutcome = frame[2].asInteger == Int64(FrameType.outcome.rawValue)
      guard let entry = try store.log.entry(place) else { continue }
      let change = Version(
        dot: entry.dot, position: place, seen: entry.seen.knowledge(base: nil), milliseconds: nil)
      let isSeen = versions.allSatisfy { isOutcome ? $0.seen.contains(place) : $0.hasSeen(change) }
      guard isSeen else { continue }
      guard framesLeft > 0 else { return nil }
      framesLeft -= 1
      let found = try store.log.block(place, part: Int(frame[1].asInteger))
      guard let row = found.row(encoded) else { continue }
      let block = found.block
      if block.kind == .delete { return nil }
      guard let index = block.columns.firstIndex(of: column) else { continue }
      return block.withValues { Value($0.value(index, row: row)) }
    }
    return nil
  }
}
