internal import Basics
internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Rows that live and die with those of other tables: an order and its lines.
///
/// What a changeset does to any of them is merged row by row. At its end the groups that it has
/// touched are looked at as wholes: which of their rows stand follows from all that is known of
/// them, so the order in which it came does not matter.
extension RowMerger {
  /// A row of a group that is being looked at.
  private struct Member {
    let table: HubTable
    let key: RowKey
    let encoded: [UInt8]
    let place: RowMetadata.Place
    let state: RowState
  }

  /// Whether all changes of a table may matter to the groups of its rows: nil if it has none, false
  /// if only deletions begin anything yet.
  func watchesGroups(of table: TableID) throws -> Bool? {
    guard references.isInGroup(table) else { return nil }
    return try store.database.integer(HubSQL.hasTops) != nil
  }

  /// Notes a row whose group is to be looked at, now that its change is merged: any that was
  /// deleted, is not there or was not, and any of a group whose top has been deleted before.
  func noteGroup(of change: Change, isAnyListed: Bool) throws {
    let table = change.table.id
    let mustLook = try change.block.reader.kind == .delete ? true : isMember(table, change.key)
    if !mustLook {
      guard isAnyListed else { return }
      var isListed = references.isTop(table)
      if isListed { isListed = try isTop(table, Array(change.key)) }
      if !isListed, let reference = references.groups[table] {
        if let found = try store.look(reference, of: change.rowKey) {
          let top = reference.parentKey(of: found.wanted)
          if let top { isListed = try isTop(top.table, top.encoded) }
        } else {
          isListed = true
        }
      }
      guard isListed else { return }
    }
    try touch(table, change.key)
  }

  /// Whether a row was not in its table when its group was last looked at.
  private func isMember(_ table: TableID, _ key: UnsafeRawBufferPointer) throws -> Bool {
    try store.database.firstRow(
      HubSQL.selectMember, [Value(table), .blob(Array(key))]) != nil
  }

  private func isTop(_ table: TableID, _ key: [UInt8]) throws -> Bool {
    try store.database.firstRow(HubSQL.selectTop, [Value(table), .blob(key)]) != nil
  }

  func touch(_ table: TableID, _ key: UnsafeRawBufferPointer) throws {
    try store.database.execute(HubSQL.insertTouched, [Value(table), .blob(Array(key))])
  }

  /// Whatever rows of groups a whole changeset has touched: sees which of them stand.
  func settleLife() throws {
    for _ in 0..<HubStoreLimits.settledLifePassesMax {
      try settleGroups()
      try settleReferences()
      // A row that others refer to may be one of a group.
      guard try !references.groups.isEmpty && hasTouched() else { return }
    }
  }

  private func hasTouched() throws -> Bool {
    try store.database.integer(HubSQL.hasTouched) != nil
  }

  private func settleGroups() throws {
    guard !references.groups.isEmpty, try hasTouched() else { return }
    // Those that are gone now are to be found, whichever of their group is looked at first.
    try forEachTouched { member in
      guard let reference = references.groups[member.table.id] else { return }
      try list(member, as: member.place, under: topKey(of: member, reference))
    }
    var settled: Set<RowKey> = []
    try forEachTouched { member in
      if references.isTop(member.table.id), !settled.contains(member.key) {
        try settle(top: member, &settled)
      }
      try settle(touched: member, &settled)
    }
    try store.database.execute(HubSQL.deleteAllTouched)
  }

  private func forEachTouched(_ body: (Member) throws -> Void) throws {
    var after: (table: Value, key: Value) = (.integer(0), .blob([]))
    while true {
      let page = try store.database.rows(
        HubSQL.selectTouched,
        [after.table, after.key, Value(HubStoreLimits.notedPageRowsMax)])
      guard let last = page.last else { return }
      after = (last[0], last[1])
      for row in page {
        guard let table = try store.table(row[0].asTable),
          let member = try member(row[1].asBytes, in: table)
        else { continue }
        try body(member)
      }
    }
  }

  private func settle(touched member: Member, _ settled: inout Set<RowKey>) throws {
    guard let reference = references.groups[member.table.id] else { return }
    let topKey = topKey(of: member, reference)
    if let topKey, let table = try store.table(topKey.table) {
      if !settled.contains(topKey), let top = try self.member(topKey.encoded, in: table) {
        try settle(top: top, &settled)
      }
      if settled.contains(topKey) { return }
    }
    // It has nothing to do with a deletion any more, where it had.
    guard !member.state.group.isEmpty else { return }
    var (none, states) = (RowState(), [member.state])
    RowState.liveTogether(
      &none, &states, store.policy.deletes(of: member.table.id), stable: pruned.stable)
    try write(states[0], of: member, under: topKey)
  }

  private func settle(top: Member, _ settled: inout Set<RowKey>) throws {
    guard !top.state.groupDeletions.isEmpty else { return }
    settled.insert(top.key)
    let members = try members(of: top)
    let deletes = store.policy.deletes(of: top.table.id)
    var after = top.state
    var states = members.map(\.state)
    RowState.liveTogether(&after, &states, deletes, stable: pruned.stable)
    try noteUse(of: top, after, members, deletes)
    try write(after, of: top, under: nil)
    for (member, state) in zip(members, states) {
      try write(state, of: member, under: top.key)
    }
    try store.database.execute(
      HubSQL.insertTop, [Value(top.table.id), .blob(top.encoded)])
  }

  // MARK: Reading

  /// Nil of a row that is not there and of which nothing is known.
  private func member(_ encoded: [UInt8], in table: HubTable) throws -> Member? {
    let key = try RowKey(table: table.id, encoded: encoded)
    let record = try encoded.withUnsafeBytes { try records.record(table.id, $0) }
    let metadata: RowMetadata
    if case .stored(let stored) = record {
      metadata = try stored.metadata()
    } else {
      guard let version = standingVersion(record) else { return nil }
      metadata = RowMetadata(latest: version)
    }
    let values = metadata.place == .table ? try table.values(of: key) : []
    guard let values else { return nil }
    return Member(
      table: table, key: key, encoded: encoded, place: metadata.place,
      state: try store.state(metadata, values, key: encoded, in: table))
  }

  /// The rows that belong to one, but those which are gone for good.
  private func members(of top: Member) throws -> [Member] {
    var result: [Member] = []
    for reference in references.groups(under: top.table.id) {
      guard let table = try store.table(reference.child.id) else { continue }
      let standing = try store.database.rows(
        HubSQL.selectReferring(reference), top.key.values)
      let gone = try store.database.rows(
        HubSQL.selectMembers,
        [Value(top.table.id), .blob(top.encoded), Value(table.id)])
      for row in standing {
        let key = RowKey(table: table.id, values: row)
        if let member = try member(key.encoded, in: table) { result.append(member) }
      }
      for row in gone {
        guard let member = try member(row[0].asBytes, in: table), member.place != .table
        else { continue }
        let isOver =
          member.place == .gone
          && (member.state.writes + member.state.deletions + member.state.group.deletions)
            .allSatisfy { $0.position <= pruned.stable }
        if !isOver { result.append(member) }
      }
    }
    return result
  }

  /// The key of the row that another belongs to, by what it holds or last held.
  private func topKey(of member: Member, _ reference: Reference) -> RowKey? {
    let schema = member.table.schema
    let inKey = Dictionary(zip(schema.keyColumns, member.key.values)) { first, _ in first }
    return reference.parentKey(
      of: reference.columns.map { column in
        inKey[column]
          ?? member.state.standing(column, table: schema.id, policy: store.policy)?.value ?? .null
      })
  }

  // MARK: Writing

  private func write(_ state: RowState, of member: Member, under top: RowKey?) throws {
    guard state.group != member.state.group else { return }
    let (table, key) = (member.table, member.key)
    let deletes = store.policy.deletes(of: table.id)
    let isAlive = state.isAlive(deletes)
    try member.encoded.withUnsafeBytes { encoded in
      var place = member.place
      if isAlive != (place != .gone) {
        place = try put(state, at: key, in: table, encodedKey: encoded)
        if place != .partial { try ledger.markContested(table.id, encoded) }
      }
      try records.upsert(
        table.id, encoded, try store.metadata(of: state, place: place, table: table))
      if references.groups[table.id] != nil { try list(member, as: place, under: top) }
    }
    guard deletes == .win, top != nil else { return }
    let known = Set(member.state.group.taking.map(\.dot))
    for deletion in state.group.taking where !known.contains(deletion.dot) {
      let merge = state.deleted(by: deletion, table: table.id, policy: store.policy)
      for conflict in merge.conflicts { try ledger.add(decidable(conflict), at: key) }
    }
  }

  /// Rows that are not in their table are found by the row that they belong to all the same.
  private func list(
    _ member: Member, as place: RowMetadata.Place, under top: RowKey?
  ) throws {
    let row = [Value(member.table.id), Value.blob(member.encoded)]
    guard place != .table, let top else {
      return try store.database.execute(HubSQL.deleteMember, row)
    }
    try store.database.execute(
      HubSQL.upsertMember, row + [Value(top.table), .blob(top.encoded)])
  }

  /// Notes that a group stands again, since one of its rows was written meanwhile. What was done to
  /// the top itself was noted with it.
  private func noteUse(
    of top: Member, _ after: RowState, _ members: [Member], _ deletes: DeleteRule
  ) throws {
    let known = Set(top.state.group.spared.map(\.dot))
    let outlived = after.group.spared.filter { deletion in
      !known.contains(deletion.dot) && deletion.position > pruned.stable
        && !top.state.writes.contains { !deletion.hasSeen($0) }
    }
    let uses = after.group.uses.filter { use in outlived.contains { !use.hasSeen($0) } }
    guard let use = uses.max(by: { LatestRule.stands($1, over: $0) }),
      let child = (members.first { $0.state.writes.contains(use) } ?? members.first)?.table
    else { return }
    try ledger.addUse(use, of: top.key, by: child, against: outlived, deletes, isGroup: true)
  }
}
