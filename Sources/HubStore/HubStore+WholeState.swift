internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// The rows that stand, for branches to which the log no longer reaches back.
///
/// A whole state is written once, to a file, so that its bytes stay the same while branches fetch
/// it, whatever the tables do meanwhile.
extension HubStore {
  /// The position of the whole state that a branch is to have, and its length.
  ///
  /// A branch that has rows already gets the head's, or, where it has a part of one that covers
  /// all it sent up to `least`, that. A new branch takes any from which the log goes on.
  func wholeState(
    isNew: Bool, resumeTo: LogPosition?, least: LogPosition
  ) throws -> (position: LogPosition, byteCount: Int) {
    let head = try log.head()
    let stable = try pruned().stable
    let usable = try staging.wholeStates().filter {
      try $0.place == place(of: $0.place.position) && $0.place.position >= stable
        && $0.place.position <= head
    }
    let resumed = usable.first { $0.place.position == resumeTo && $0.place.position >= least }
    let recent = isNew ? usable.last { $0.place.position >= least } : nil
    if let found = resumed ?? recent {
      return (found.place.position, staging.byteCount(found.file))
    }
    return (head, try makeWholeState())
  }

  /// A piece of a whole state and the length of all of it; nil if it is not there any more.
  func wholeState(
    at position: LogPosition, offset: Int, byteCount: Int
  ) throws -> (bytes: [UInt8], total: Int)? {
    let place = try place(of: position)
    let total = staging.byteCount(staging.wholeStatePath(place))
    guard total > 0 else { return nil }
    return (
      try staging.readWholeState(place, offset: max(0, offset), byteCount: byteCount), total
    )
  }

  /// How the log names a position.
  private func place(of position: LogPosition) throws -> CausalContext {
    try timeline().place(at: position)
  }

  /// Tells a branch of the whole state, which is made if need be.
  func offerWholeState(_ acceptance: inout Acceptance, to contact: Contact) throws {
    let least = acceptance.entries.map(\.position).max() ?? .start
    let state = try storing("write the whole state") {
      try wholeState(
        isNew: (contact.integrated?.position ?? .start) == .start, resumeTo: contact.resumeTo,
        least: least)
    }
    acceptance.plan = .wholeState(at: state.position)
    acceptance.deltaByteCount = state.byteCount
    guard state.byteCount <= contact.inlineBytesMax else { return }
    try noteDelivered(
      contact.replica, upTo: state.position, isComplete: try log.head() == state.position,
      wallMilliseconds: contact.receivedMilliseconds)
  }

  /// How many lie in files.
  package var wholeStateCount: Int { staging.wholeStates().count }

  // MARK: Writing

  /// Writes the head's, and returns its length. Takes memory for one block, and time in proportion
  /// to all rows.
  private func makeWholeState() throws -> Int {
    removeOldWholeStates()
    return try database.readTransaction {
      try refreshPolicy()
      let place = try place(of: try log.head())
      try staging.writeWholeState(place) { append in
        try WholeStateWriter(store: self, place: place, append: append).write()
      }
      return staging.byteCount(staging.wholeStatePath(place))
    }
  }

  private func removeOldWholeStates() {
    let all = staging.wholeStates()
    for old in all.dropLast(HubStoreLimits.wholeStatesMax - 1) { staging.remove(old.file) }
  }

  /// Removes all: what branches are told has changed.
  func removeWholeStates() { for file in staging.wholeStates() { staging.remove(file.file) } }

  /// Removes those that no branch can use any more: the log does not go on from them, or every
  /// branch has more than they do.
  func removeUnneededWholeStates() throws {
    let files = staging.wholeStates()
    guard !files.isEmpty else { return }
    let least = try database.integer(HubSQL.selectAcknowledgedLeast)
    let stable = try pruned().stable
    for file in files {
      let isHad = least.map { LogPosition(UInt64($0)) >= file.place.position } ?? true
      if isHad || file.place.position < stable { staging.remove(file.file) }
    }
  }
}

/// Writes the frames of a whole state.
private final class WholeStateWriter {
  private let store: HubStore
  private let place: CausalContext
  private let append: ([UInt8]) throws -> Void
  private var frameCount = 0

  init(
    store: HubStore, place: CausalContext, append: @escaping ([UInt8]) throws -> Void
  ) {
    self.store = store
    self.place = place
    self.append = append
  }

  func write() throws {
    let withheld = store.schema.tables.map(\.id).filter(store.policy.withholds).sorted()
    let header = DeltaHeader(
      formatVersion: withheld.isEmpty ? FormatVersion.delta : FormatVersion.withholdingDelta,
      generation: place.generation, from: .start, to: place.position, receiver: .hub,
      isWholeState: true, withheld: withheld)
    try write(Frame(type: .deltaHeader, payload: header.payload))
    for table in store.schema.tables where !withheld.contains(table.id) { try writeRows(of: table) }
    try writeConflicts()
    let trailer = DeltaTrailer(entryCount: 0, frameCount: frameCount)
    try append(Frame(type: .deltaTrailer, payload: trailer.payload).encoded)
  }

  private func write(_ frame: Frame) throws {
    try append(frame.encoded)
    frameCount += 1
  }

  private func writeRows(of table: TableSchema) throws {
    let keyCount = table.keyColumns.count
    let columns = table.valueColumns
    let rows = try store.database.prepare(TableSQL(table).selectAllByKeyOrder)
    func newBlock() -> BlockBuilder {
      BlockBuilder(
        table: table.id, kind: .insert, columns: columns, keyColumnCount: keyCount)
    }
    var block = newBlock()
    var rowCount = 0
    func close() throws {
      guard rowCount > 0 else { return }
      try write(Frame(type: .outcome, payload: compressedBlock(raw: block.finish())))
      block = newBlock()
      rowCount = 0
    }
    while try rows.step() {
      guard isSendable(rows, keyCount: keyCount) else { continue }
      block.beginRow(milliseconds: 0, base: nil)
      for index in 0..<keyCount { block.appendKey(rows.view(index)) }
      for index in columns.indices { block.append(rows.view(keyCount + index)) }
      rowCount += 1
      if block.isFull { try close() }
    }
    try close()
  }

  /// Rows without a key are not synced, and one that fits no block does not travel.
  private func isSendable(_ row: Statement, keyCount: Int) -> Bool {
    var byteCount = 0
    for index in 0..<row.columnCount {
      switch row.view(index) {
      case .null where index < keyCount: return false
      case .text(let bytes), .blob(let bytes): byteCount += bytes.count
      case .null, .integer, .real: byteCount += 8
      }
    }
    return byteCount <= HubStoreLimits.outcomeRowBytesMax
  }

  /// Settled conflicts are the past of the rows; open ones wait for people everywhere. Those that
  /// were open at the last backup, or since, may be so again once the hub is put back.
  private func writeConflicts() throws {
    let durable = try store.lastBackup().place.position
    let statement = try store.database.prepare(HubSQL.selectConflictsForWholeState)
    try statement.bind(1, Value(durable))
    var list: [Conflict] = []
    var byteCount = 0
    func close() throws {
      guard !list.isEmpty else { return }
      try write(Frame(type: .ledger, payload: Conflict.payload(of: list)))
      list = []
      byteCount = 0
    }
    while try statement.step() {
      let content = statement.bytes(0)
      guard content.count <= HubStoreLimits.outcomeRowBytesMax else { continue }
      let said = store.told(Conflict.said(try Conflict.list(payload: content), since: durable))
      guard said.contains(where: { $0.state == .open }) else { continue }
      list += said
      byteCount += content.count
      if byteCount >= HubStoreLimits.conflictsFrameBytesTarget { try close() }
    }
    try close()
  }
}
