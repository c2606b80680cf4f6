package import Basics
package import Clocks
package import Deltas

/// A branch in memory: it writes rows, seals changesets, and applies deltas as a branch's store
/// would, so that a hub can be tested without one.
package struct ImitatedBranch {
  /// A sealed changeset that the hub has not confirmed.
  package struct Sealed {
    package let header: ChangesetHeader
    package let contentHash: ContentHash
    package let bytes: [UInt8]
  }

  package private(set) var replica: ReplicaID
  package let schema: Schema
  package private(set) var generation: GenerationID
  package private(set) var position = LogPosition.start
  package private(set) var counter: UInt64 = 0
  package private(set) var lastHash = ContentHash.zero
  package private(set) var outbox: [Sealed] = []
  /// The tables' rows: the values outside the key.
  package private(set) var rows: [RowKey: [ColumnID: Value]] = [:]
  /// The changes of each own changeset that a delta has not covered.
  private var written: [UInt64: [RowChange]] = [:]
  /// What waits for rows with unconfirmed changes, and where those rows were integrated.
  private var deferred: [RowKey: (base: LogPosition, changes: [RowChange])] = [:]
  /// The conflicts received.
  package private(set) var ledger: [Conflict] = []

  package init(replica: ReplicaID, schema: Schema, generation: GenerationID) {
    self.replica = replica
    self.schema = schema
    self.generation = generation
  }

  package var integrated: CausalContext {
    CausalContext(generation: generation, position: position)
  }

  /// No change that it has still to send has seen less than this.
  package var floor: LogPosition {
    var least = position
    for sealed in outbox {
      least = min(least, sealed.header.context.position)
      let bases = (written[sealed.header.dot.counter] ?? []).compactMap(\.base)
      least = min(least, bases.min() ?? least)
    }
    return min(least, deferred.values.map(\.base).min() ?? least)
  }

  // MARK: Writing

  /// Writes rows and seals them as one changeset.
  @discardableResult
  package mutating func write(
    _ changes: [RowChange], isBaseline: Bool = false
  ) -> Sealed {
    for change in changes { take(change) }
    let changes = changes.map { change in
      var change = change
      change.base = change.base ?? deferred[change.key]?.base
      return change
    }
    return seal(changes, isBaseline: isBaseline)
  }

  /// Seals changes without writing them: changes of the same shape that follow one another in the
  /// order of their keys become one block.
  @discardableResult
  package mutating func seal(
    _ changes: [RowChange], isBaseline: Bool = false, context: CausalContext? = nil
  ) -> Sealed {
    counter += 1
    let header = ChangesetHeader(
      dot: Dot(replica: replica, counter: counter), previous: lastHash,
      context: context ?? integrated,
      timestamp: HybridTimestamp(
        milliseconds: changes.map(\.milliseconds).max() ?? 0, counter: 0, replica: replica),
      schemaFingerprint: schema.fingerprint, isBaseline: isBaseline,
      mayCount: changes.contains { !$0.previous.isEmpty })
    var blocks: [[RowChange]] = []
    for change in changes {
      if let last = blocks.last?.last, BlockShape(of: last) == BlockShape(of: change) {
        blocks[blocks.count - 1].append(change)
      } else {
        blocks.append([change])
      }
    }
    let (bytes, trailer) = Streams.changeset(header, blocks: blocks)
    lastHash = trailer.contentHash
    written[counter] = changes
    let sealed = Sealed(header: header, contentHash: trailer.contentHash, bytes: bytes)
    outbox.append(sealed)
    return sealed
  }

  // MARK: Another name

  /// The hub calls the branch's place so from now on. Rows that wait were integrated no further
  /// than what both names share.
  package mutating func move(to place: CausalContext, shared: LogPosition) {
    generation = place.generation
    position = place.position
    for (key, waiting) in deferred where waiting.base > shared {
      deferred[key]?.base = shared
    }
  }

  /// Goes on as another replica: the outbox is chained after another changeset.
  package mutating func adopt(_ replica: ReplicaID, previous: ContentHash) throws {
    let rest = outbox
    var renumbered: [UInt64: [RowChange]] = [:]
    self.replica = replica
    outbox = []
    counter = 0
    lastHash = previous
    for sealed in rest {
      counter += 1
      let (stream, trailer) = try ChangesetRewriter.rechained(
        sealed.bytes, hash: sealed.contentHash, dot: Dot(replica: replica, counter: counter),
        previous: lastHash)
      let header = try Streams.readChangeset(stream).header
      renumbered[counter] = written[sealed.header.dot.counter]
      lastHash = trailer.contentHash
      outbox.append(Sealed(header: header, contentHash: lastHash, bytes: stream))
    }
    written = renumbered
  }

  // MARK: Receiving

  /// Applies a whole delta. What the hub has confirmed leaves the outbox: all of it, or up to a
  /// counter.
  ///
  /// At the place of its own changesets the branch applies its own changes again, so that its rows
  /// go as the hub's went. What comes for rows with unconfirmed changes waits for these.
  package mutating func apply(
    _ delta: [UInt8], upTo position: LogPosition, confirmed: UInt64 = .max
  ) throws {
    outbox.removeAll { $0.header.dot.counter <= confirmed }
    let pending = Set(outbox.flatMap { written[$0.header.dot.counter] ?? [] }.map(\.key))
    for (key, waiting) in deferred where !pending.contains(key) {
      deferred[key] = nil
      for change in waiting.changes { take(change) }
    }
    var standing: Set<RowKey>?
    var isBaseline = false
    for part in delta.isEmpty ? [] : try Streams.readDelta(delta) {
      switch part {
      case .header(let header) where header.isWholeState: standing = []
      case .outcome(let block) where standing != nil:
        for change in block.rowChanges {
          standing?.insert(change.key)
          receive(change, pending)
        }
      case .changesetHeader(let header, _): isBaseline = header.isBaseline
      // What was written uncaptured is for the hub's ledger.
      case .block(let block) where isBaseline && block.kind == .update: break
      case .block(let block), .outcome(let block):
        for change in block.rowChanges { receive(change, pending) }
      case .conflicts(let conflicts): ledger += conflicts
      case .entry(let entry) where entry.dot.replica == replica:
        let own = written.removeValue(forKey: entry.dot.counter) ?? []
        // Where the blocks come too, they say the same.
        for change in own where !entry.hasBlocks { receive(change, pending) }
      case .header, .entry, .stub, .trailer: break
      }
    }
    if let standing { removeRows(besides: standing, pending) }
    self.position = position
  }

  /// Rows that a whole state does not have do not stand, unless they are this branch's own news.
  private mutating func removeRows(besides standing: Set<RowKey>, _ pending: Set<RowKey>) {
    for key in Set(rows.keys).union(deferred.keys) where !standing.contains(key) {
      receive(.delete(key, at: 0), pending)
    }
    let unconfirmed = Set(outbox.map(\.header.dot.counter))
    written = written.filter { unconfirmed.contains($0.key) }
  }

  private mutating func receive(_ change: RowChange, _ pending: Set<RowKey>) {
    if pending.contains(change.key) || deferred[change.key] != nil {
      // It was integrated up to where the first of them began.
      deferred[change.key, default: (position, [])].changes.append(change)
    } else {
      take(change)
    }
  }

  private mutating func take(_ change: RowChange) {
    take(change.kind, change.key, change.columns, change.values)
  }

  private mutating func take(
    _ kind: ChangeKind, _ key: RowKey, _ columns: [ColumnID], _ values: [Value]
  ) {
    let written = Dictionary(uniqueKeysWithValues: zip(columns, values))
    switch kind {
    case .insert: rows[key] = written
    // An update of a row that is not there changes nothing: its outcome follows.
    case .update: rows[key]?.merge(written) { $1 }
    case .delete: rows[key] = nil
    }
  }
}

extension RowKey {
  /// A customer of the sample schema.
  package static func customer(_ id: Int64) -> RowKey {
    RowKey(table: SampleSchema.customer, values: [.integer(id)])
  }
}

extension RowChange {
  /// A customer of the sample schema comes into being.
  package static func insertCustomer(
    _ id: Int64, _ name: String, _ city: String = "", _ score: Int64 = 0, at milliseconds: Int64,
    base: LogPosition? = nil
  ) -> RowChange {
    RowChange(
      key: .customer(id), kind: .insert, columns: [ColumnID(2), ColumnID(3), ColumnID(4)],
      values: [.text(name), .text(city), .integer(score)], milliseconds: milliseconds, base: base)
  }

  /// Columns of one row take values.
  package static func update(
    _ key: RowKey, _ values: [UInt16: Value], at milliseconds: Int64, base: LogPosition? = nil
  ) -> RowChange {
    let columns = values.keys.sorted()
    return RowChange(
      key: key, kind: .update, columns: columns.map { ColumnID($0) },
      values: columns.map { values[$0] ?? .null }, milliseconds: milliseconds, base: base)
  }

  /// A customer's score goes from one number to another, where it counts what was done to it.
  package static func count(
    _ id: Int64, from previous: Value, to value: Value, at milliseconds: Int64
  ) -> RowChange {
    RowChange(
      key: .customer(id), kind: .update, columns: [ColumnID(4)], values: [value],
      previous: [previous], milliseconds: milliseconds, base: nil)
  }

  package static func delete(
    _ key: RowKey, at milliseconds: Int64, base: LogPosition? = nil
  ) -> RowChange {
    RowChange(
      key: key, kind: .delete, columns: [], values: [], milliseconds: milliseconds, base: base)
  }
}
