package import Basics
package import Clocks
package import Deltas
internal import Storage

/// An entry of the tail, as it is handed back.
package struct TailEntry: Hashable, Sendable {
  package var id: Int64
  package var contentHash: ContentHash
  /// What the hub's log called it last.
  package var dot: Dot
  /// Every place that the branch has heard of, in the order of their positions.
  package var places: [CausalContext]
  package var clockOffsetMilliseconds: Int64
  package var receivedMilliseconds: Int64
  /// What its author had seen: a place on the branch's path, and entries above that.
  package var seen: CausalContext
  package var seenAlso: [EntryKnowledge.Also]
  /// Of its stream.
  package var byteCount: Int
}

/// What the branch could hand back to a hub that has lost log entries.
package struct TailListing: Hashable, Sendable {
  /// In the order of the log.
  package var ids: [Int64]
  /// Whether the branch has every entry of its timeline above the place.
  package var isComplete: Bool
}

extension BranchStore {
  /// What of the branch's timeline lies above a place on it, and whatever else a hub may lack that
  /// was restored from before that place was reached.
  package func tail(above place: CausalContext) throws -> TailListing {
    try performing {
      let state = try BranchState(database)
      let lineage = try lineage()
      let mine = try placed(state.place, in: lineage)
      var ids = try database.rows(BranchSQL.selectTailOfManyPlaces).compactMap { $0[0].number }
      var positionCount: UInt64 = 0
      for stretch in stretches(lineage, to: mine) where stretch.last > place.position {
        let rows = try database.rows(
          BranchSQL.selectTailStretch,
          [
            .text(stretch.generation.description),
            .integer(Int64(max(stretch.after, place.position).rawValue)),
            .integer(Int64(stretch.last.rawValue)),
          ])
        positionCount += UInt64(rows.count)
        ids += rows.compactMap { $0[0].number }
      }
      ids += try database.rows(
        BranchSQL.selectTailUnplaced, [.integer(Int64(place.position.rawValue))]
      ).compactMap { $0[0].number }
      var seen: Set<Int64> = []
      return TailListing(
        ids: try inOrder(ids.filter { seen.insert($0).inserted }, lineage),
        isComplete: positionCount >= mine.position.rawValue - place.position.rawValue)
    }
  }

  /// Entries of which only a name is left stay, at the end: whoever reads them finds nothing.
  private func inOrder(_ ids: [Int64], _ lineage: Lineage) throws -> [Int64] {
    guard ids.count > 1 else { return ids }
    let ordered = TailOrder.ids(try ids.compactMap { try orderEntry($0, lineage) })
    let known = Set(ordered)
    return ordered + ids.filter { !known.contains($0) }
  }

  private func orderEntry(_ id: Int64, _ lineage: Lineage) throws -> TailOrder.Entry? {
    guard
      let row = try database.firstRow(
        BranchSQL.selectTailBeginning, [.integer(id), .integer(Self.headerBytesMax)]),
      case .blob(let hash) = row[0], case .blob(let bytes) = row[1],
      let hash = ContentHash(bytes: hash)
    else { return nil }
    guard let header = try Self.header(inBeginning: bytes) else {
      throw BranchStoreError.damaged("an entry of the tail does not begin with its header")
    }
    return TailOrder.Entry(
      id: id, hash: hash, previous: header.previous,
      seen: stretches(lineage, to: header.context), places: try tailPlaces(id))
  }

  /// More than a header's frame can have.
  private static let headerBytesMax: Int64 = 1 << 10

  private func tailPlaces(_ id: Int64) throws -> [CausalContext] {
    try database.rows(BranchSQL.selectTailPlaces, [.integer(id)]).compactMap { row in
      guard let generation = row[0].generation, let position = row[1].number else { return nil }
      return CausalContext(
        generation: generation, position: LogPosition(UInt64(bitPattern: position)))
    }
  }

  package func tailEntry(_ id: Int64) throws -> TailEntry? {
    try performing {
      guard let row = try database.firstRow(BranchSQL.selectTailEntry, [.integer(id)]) else {
        return nil
      }
      guard case .blob(let bytes) = row[0], let hash = ContentHash(bytes: bytes),
        let replica = row[1].number, let counter = row[2].number, let offset = row[3].number,
        let received = row[4].number, let byteCount = row[5].number,
        let seenGeneration = row[6].generation, let seenPosition = row[7].number
      else { throw BranchStoreError.damaged("the tail has an impossible value") }
      return TailEntry(
        id: id, contentHash: hash,
        dot: Dot(
          replica: ReplicaID(UInt32(truncatingIfNeeded: replica)),
          counter: UInt64(bitPattern: counter)),
        places: try tailPlaces(id),
        clockOffsetMilliseconds: offset, receivedMilliseconds: received,
        seen: CausalContext(
          generation: seenGeneration, position: LogPosition(UInt64(bitPattern: seenPosition))),
        seenAlso: try alsoSeen(row[8]), byteCount: Int(byteCount))
    }
  }

  private func alsoSeen(_ value: Value) throws -> [EntryKnowledge.Also] {
    guard case .blob(let bytes) = value else { return [] }
    var reader = FieldReader(bytes, in: "what an entry had seen")
    let also = try reader.readAlsoSeen()
    try reader.expectEnd()
    return also
  }

  /// A piece of an entry's stream: as much as there is from the offset on, up to a number of bytes
  /// and a limit of ours.
  package func tailBytes(_ id: Int64, offset: Int, byteCount: Int) throws -> [UInt8] {
    try performing {
      try PieceReader.read(offset: offset, byteCount: byteCount) { index in
        let row = try database.firstRow(
          BranchSQL.selectTailPiece, [.integer(id), .integer(Int64(index))])
        guard case .blob(let bytes)? = row?.first else { return nil }
        return bytes
      }
    }
  }

  /// How much the tail holds.
  package func tailSize() throws -> (entryCount: Int, byteCount: Int) {
    try performing {
      let row = try database.firstRow(BranchSQL.tailBytes) ?? []
      guard row.count == 2, let bytes = row[0].number, let count = row[1].number else {
        throw BranchStoreError.damaged("the tail cannot be counted")
      }
      return (Int(count), Int(bytes))
    }
  }

  /// Takes note of where a hub's log has entries that were handed back to it.
  package func place(
    _ entries: [(hash: ContentHash, position: LogPosition)], on generation: GenerationID
  ) throws {
    guard !entries.isEmpty else { return }
    try performing {
      let lineage = try lineage()
      try database.transaction {
        for entry in entries {
          guard let id = try database.integer(BranchSQL.selectTailID, [.blob(entry.hash.bytes)])
          else { continue }
          let place = lineage.canonical(
            CausalContext(generation: generation, position: entry.position))
          // Of two names of the same changes the first keeps the place: it is handed back for both.
          if try isPlace(place, ofSameChangesAs: id) { continue }
          try database.execute(
            BranchSQL.putTailPlace,
            [
              .text(place.generation.description), .integer(Int64(place.position.rawValue)),
              .integer(id),
            ])
        }
      }
    }
  }

  /// Whether a place is another entry's that has the changes of this one.
  private func isPlace(_ place: CausalContext, ofSameChangesAs id: Int64) throws -> Bool {
    let parameters: [Value] = [
      .text(place.generation.description), .integer(Int64(place.position.rawValue)),
    ]
    guard let other = try database.integer(BranchSQL.selectTailAt, parameters), other != id else {
      return false
    }
    let origin = try tailOrigin(id)
    return try origin != nil && origin == tailOrigin(other)
  }

  /// What the changes of an entry were first sealed as.
  private func tailOrigin(_ id: Int64) throws -> ContentHash? {
    guard
      case .blob(let bytes)? = try database.firstRow(
        BranchSQL.selectTailPiece, [.integer(id), .integer(0)])?.first,
      let header = try Self.header(inBeginning: bytes)
    else { return nil }
    return try header.origin ?? tailEntry(id)?.contentHash
  }

  // MARK: Keeping and dropping

  /// The stretches of a place's path: each generation, what it begins after, where it ends.
  func stretches(_ lineage: Lineage, to place: CausalContext) -> [Stretch] {
    let steps = lineage.path(to: place.generation)
    return steps.indices.map { index in
      let isLast = index + 1 == steps.count
      return Stretch(
        generation: steps[index].generation, after: steps[index].fork,
        last: isLast ? place.position : min(place.position, steps[index + 1].fork))
    }
  }

  /// A generation on a place's path.
  struct Stretch {
    let generation: GenerationID
    let after: LogPosition
    let last: LogPosition
  }

  /// Bounds the entries that no place of the path names. The log has the changes of each of them at
  /// or below its head, as another changeset or somewhere in a whole state: before a hub leads a
  /// branch to a place, it has been given whatever the branch's timeline had and it had lost.
  ///
  /// A bound above the fork was one of a timeline that is left.
  func boundTail(_ route: Route) throws {
    let place = route.place
    for row in try database.rows(
      BranchSQL.selectTailBoundedAbove, [.integer(Int64(route.fork.rawValue))])
    {
      guard let id = row[0].number else { continue }
      let places = try tailEntry(id)?.places ?? []
      let isNamed = places.contains { route.lineage.includes($0, in: place) }
      try database.execute(
        BranchSQL.boundTail,
        [isNamed ? .null : .integer(Int64(place.position.rawValue)), .integer(id)])
    }
  }

  /// Drops what a backup has; without any backup, what is more than a tail may be.
  func trimTail(_ state: BranchState, _ lineage: Lineage) throws {
    guard try database.integer(BranchSQL.hasTail) == 1 else { return }
    guard state.backupNumber > 0 else { return try limitTail() }
    let number = Value.integer(Int64(clamping: state.backupNumber))
    var ids = try database.rows(
      BranchSQL.selectUnplacedDurable, [.integer(Int64(state.durable.rawValue)), number])
    for stretch in stretches(lineage, to: state.place) {
      let last = min(stretch.last, state.durable)
      ids += try database.rows(
        BranchSQL.selectDurable,
        [.text(stretch.generation.description), .integer(Int64(last.rawValue)), number])
    }
    for row in ids {
      if let id = row[0].number { try Self.dropTail(id, in: database) }
    }
  }

  private func limitTail() throws {
    guard try tailSize().byteCount > BranchLimits.tailBytesUnbackedMax else { return }
    var sum = 0
    for row in try database.rows(BranchSQL.selectTailNewestFirst) {
      guard let id = row[0].number, let byteCount = row[1].number else { continue }
      sum += Int(byteCount)
      if sum > BranchLimits.tailBytesUnbackedMax { try Self.dropTail(id, in: database) }
    }
  }

  static func dropTail(_ id: Int64, in database: Database) throws {
    for sql in [BranchSQL.deleteTail, BranchSQL.deleteTailPieces, BranchSQL.deleteTailPlaces] {
      try database.execute(sql, [.integer(id)])
    }
  }
}

extension Value {
  var number: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }
}
