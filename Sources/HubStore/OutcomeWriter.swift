internal import Basics
internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Writes what a changeset's merge came to into its log entry: the full state of each contested
/// row as the consolidated tables show it, and the conflicts. Those of rows that stay at the hub do
/// not travel: the log has their outcomes for the hub's own history.
final class OutcomeWriter {
  private let store: HubStore
  private let position: LogPosition
  private let ledger: LedgerWriter
  private var part: Int
  private var bytes = 0
  private var frames = 0

  init(store: HubStore, position: LogPosition, firstPart: Int, ledger: LedgerWriter) {
    self.store = store
    self.position = position
    self.ledger = ledger
    part = firstPart
  }

  /// How much was written.
  func write() throws -> (bytes: Int, frames: Int) {
    if ledger.hasContested {
      // What does not stand makes room before what stands comes.
      try writeOutcomes(.delete)
      try writeOutcomes(.insert)
    }
    if ledger.conflictCount > 0 { try writeConflicts() }
    return (bytes, frames)
  }

  // MARK: Outcomes

  private func writeOutcomes(_ kind: ChangeKind) throws {
    let contested = try store.database.prepare(HubSQL.selectContested)
    var current: OutcomeBlock?
    while try contested.step() {
      let id = contested.value(0).asTable
      let encoded = contested.bytes(1)
      guard let table = try store.table(id) else { continue }
      let key = try RowKey(table: id, encoded: encoded)
      let values = try table.values(of: key)
      guard (values != nil) == (kind == .insert), isSendable(values ?? []) else { continue }
      if let open = current, open.table.id != id || open.builder.isFull {
        current = nil
        try close(open)
      }
      var block = current ?? OutcomeBlock(table: table, kind: kind)
      current = nil
      block.append(key, encoded, table.valueColumns.isEmpty ? [] : values ?? [])
      current = block
    }
    if let current { try close(current) }
  }

  /// Whether a row fits a block. One put together from changes that each did may not; comparing
  /// finds it.
  private func isSendable(_ values: [Value]) -> Bool {
    values.reduce(0) { $0 + $1.byteCount } <= HubStoreLimits.outcomeRowBytesMax
  }

  private func close(_ block: OutcomeBlock) throws {
    var block = block
    let frame = Frame(type: .outcome, payload: compressedBlock(raw: block.builder.finish()))
    try write(
      frame, table: block.table.id, keys: (block.keyMin, block.keyMax),
      isSilent: store.policy.withholds(block.table.id))
  }

  // MARK: Conflicts

  private func writeConflicts() throws {
    let statement = try store.database.prepare(HubSQL.selectLedgerAt)
    try statement.bind(1, Value(position))
    var list: [Conflict] = []
    var byteCount = 0
    while try statement.step() {
      let content = statement.bytes(0)
      // The ledger here has it; it is too large to travel.
      guard content.count <= HubStoreLimits.outcomeRowBytesMax else { continue }
      let told = store.told(try Conflict.list(payload: content).prefix(1))
      guard !told.isEmpty else { continue }
      list += told
      byteCount += content.count
      if byteCount >= HubStoreLimits.conflictsFrameBytesTarget {
        try write(Frame(type: .ledger, payload: Conflict.payload(of: list)))
        list = []
        byteCount = 0
      }
    }
    if !list.isEmpty {
      try write(Frame(type: .ledger, payload: Conflict.payload(of: list)))
    }
  }

  private func write(
    _ frame: Frame, table: TableID? = nil, keys: (least: [UInt8], greatest: [UInt8])? = nil,
    isSilent: Bool = false
  ) throws {
    let encoded = frame.encoded
    try store.writeFrame(
      encoded, type: frame.type, table: table, keys: keys, isSilent: isSilent, at: position,
      part: part)
    part += 1
    guard !isSilent else { return }
    bytes += encoded.count
    frames += 1
  }
}

extension HubStore {
  /// The conflicts that branches are told of.
  func told(_ conflicts: some Sequence<Conflict>) -> [Conflict] {
    conflicts.filter { !policy.withholds($0.key.table) }
  }
}

/// Outcomes of one table that are written together.
private struct OutcomeBlock {
  let table: HubTable
  var builder: BlockBuilder
  var keyMin: [UInt8] = []
  var keyMax: [UInt8] = []

  init(table: HubTable, kind: ChangeKind) {
    self.table = table
    builder = BlockBuilder(
      table: table.id, kind: kind, columns: kind == .insert ? table.valueColumns : [],
      keyColumnCount: table.keyColumnCount)
  }

  /// Rows come in the order of their keys.
  mutating func append(_ key: RowKey, _ encoded: [UInt8], _ values: [Value]) {
    if keyMin.isEmpty { keyMin = encoded }
    keyMax = encoded
    builder.beginRow(milliseconds: 0, base: nil)
    for value in key.values { value.withView { builder.appendKey($0) } }
    for value in values { value.withView { builder.append($0) } }
  }
}
