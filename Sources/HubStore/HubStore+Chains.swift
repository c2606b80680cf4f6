internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// Chains: each changeset names the one before by its hash. The log names chains by replicas.
extension HubStore {
  // MARK: The same changes under other names

  /// Where the log has the changes that were first sealed under a hash.
  func position(ofOrigin hash: ContentHash) throws -> LogPosition? {
    try database.firstRow(HubSQL.selectLogByOrigin, [Value(hash)])?[0].asPosition
  }

  /// Notes that a changeset has the changes of an entry: nothing is logged, its chain goes on.
  func addAlias(
    _ hash: ContentHash, _ header: ChangesetHeader, as dot: Dot, of position: LogPosition
  ) throws {
    try lengthenChain(with: hash, header, as: dot, of: position)
    try reviseSeen(ofChainsAfter: dot, hash)
  }

  private func lengthenChain(
    with hash: ContentHash, _ header: ChangesetHeader, as dot: Dot, of position: LogPosition
  ) throws {
    try database.execute(
      HubSQL.insertAlias,
      [
        Value(hash), header.origin.map { Value($0) } ?? .null, Value(position),
        Value(dot.replica), Value(counter: dot.counter),
      ])
    try database.execute(
      HubSQL.updateChain, [Value(counter: dot.counter), Value(hash), Value(dot.replica)])
  }

  /// What was handed back as a chain without a device, because the one before it was missing, is of
  /// its author's chain all the same, now that this has come. Else the author would be refused.
  func goOn(_ author: ReplicaID, with other: ReplicaID) throws {
    guard author != other, try replica(other)?.state == .past else { return }
    var next = Dot(replica: other, counter: 1)
    while let logged = try loggedChangeset(next), let chain = try replica(author),
      let header = try log.header(logged.position),
      header.dot == Dot(replica: author, counter: chain.chainCounter + 1),
      header.previous == chain.chainHash
    {
      try lengthenChain(with: logged.hash, header, as: header.dot, of: logged.position)
      for row in try database.rows(HubSQL.selectChildChains, [Value(logged.hash)]) {
        try goOn(author, with: row[0].asReplica)
      }
      next = Dot(replica: other, counter: next.counter + 1)
    }
  }

  // MARK: What a stream claims

  /// The content hash that a changeset claims; only reading all of it shows whether it is true.
  func contentHash(of source: ChangesetSource) throws -> ContentHash {
    guard case .inline(let bytes) = source else {
      guard case .staged(_, let hash, _) = source else { return .zero }
      return hash
    }
    return try decoding {
      () throws(DeltaDecodingError) in
      var frames = FrameReader()
      frames.append(bytes)
      var last: Frame?
      while let frame = try frames.next() { last = frame }
      guard let last, last.type == .changesetTrailer, frames.pendingBytes == 0 else {
        throw .truncated
      }
      return try ChangesetTrailer(payload: last.payload).contentHash
    }
  }

  /// The header of a changeset that is all here.
  func header(of source: ChangesetSource, from replica: ReplicaID) throws -> ChangesetHeader {
    switch source {
    case .inline(let bytes):
      return try header(inBeginning: Array(bytes.prefix(Self.headerBytesMax)))
    case .staged:
      let file = try stagedFile(source, of: replica)
      return try header(
        inBeginning: try staging.beginning(of: file, byteCount: Self.headerBytesMax))
    }
  }

  /// The header of a changeset of which this is the beginning.
  func header(inBeginning bytes: [UInt8]) throws -> ChangesetHeader {
    var frames = FrameReader()
    frames.append(bytes)
    return try decoding {
      () throws(DeltaDecodingError) in
      guard let first = try frames.next(), first.type == .changesetHeader else {
        throw .malformed("a changeset does not begin with its header")
      }
      return try ChangesetHeader(payload: first.payload)
    }
  }

  /// More than a header's frame can have.
  static let headerBytesMax = 1 << 10

  private func decoding<Result>(
    _ body: () throws(DeltaDecodingError) -> Result
  ) throws -> Result {
    do throws(DeltaDecodingError) {
      return try body()
    } catch {
      throw HubStoreError.refused(.undecodable(error))
    }
  }

  // MARK: What the hub calls a changeset

  /// What the log will call a changeset that was handed back: the author's own name, if it
  /// continues that replica's chain. Otherwise, because another changeset has that name by now or
  /// the one before is missing, it belongs to a chain of a replica without a device.
  func hubName(
    of header: ChangesetHeader, name: String, told: Dot, shared: LogPosition,
    wallMilliseconds: Int64
  ) throws -> Dot {
    if let record = try replica(header.dot.replica) {
      if try continues(record, header, name: name) { return header.dot }
    } else if header.dot.counter == 1, header.dot.replica != .hub {
      return try openChain(
        header.dot.replica, for: header, name: name, after: nil,
        wallMilliseconds: wallMilliseconds)
    }
    if header.previous != .zero,
      let row = try database.firstRow(HubSQL.selectPastByHead, [Value(header.previous)]),
      let record = try replica(row[0].asReplica)
    {
      return Dot(replica: record.id, counter: record.chainCounter + 1)
    }
    return try openChain(
      nil, for: header, name: name, after: lastShared(before: told, name: name, upTo: shared),
      wallMilliseconds: wallMilliseconds)
  }

  private func continues(
    _ record: ReplicaRecord, _ header: ChangesetHeader, name: String
  ) throws -> Bool {
    guard record.chainCounter + 1 == header.dot.counter else { return false }
    if record.chainCounter > 0 { return record.chainHash == header.previous }
    // Where nothing went before, only the name tells a replica from another that was given the
    // same number after a restore.
    guard record.name == name else { return false }
    return try header.previous == record.chainHash || adoptParent(header, of: record)
  }

  /// Lets a replica's first changeset say which chain its own continues, if that was told to a
  /// state of the hub that was lost. False if it says nothing of the kind.
  func adoptParent(_ header: ChangesetHeader, of record: ReplicaRecord) throws -> Bool {
    guard header.dot.counter == 1, record.chainCounter == 0, header.previous != .zero else {
      return false
    }
    let parent = try loggedChangeset(header.previous)?.dot
    try database.execute(
      HubSQL.adoptParent,
      [
        Value(record.id), Value(header.previous), parent.map { Value($0.replica) } ?? .null,
        parent.map { Value(counter: $0.counter) } ?? .null,
      ])
    return true
  }

  /// The last entry before one in its chain that both logs have: up to where they are the same, the
  /// chain goes by the same name in both. The one right before it may be lost.
  private func lastShared(before told: Dot, name: String, upTo shared: LogPosition) throws -> Dot? {
    guard try replica(told.replica)?.name == name else { return nil }
    let counter = try database.integer(
      HubSQL.selectLastBefore,
      [Value(told.replica), Value(counter: told.counter), Value(shared)])
    return counter.map { Dot(replica: told.replica, counter: UInt64(bitPattern: $0)) }
  }

  private func openChain(
    _ id: ReplicaID?, for header: ChangesetHeader, name: String, after lastShared: Dot?,
    wallMilliseconds: Int64
  ) throws -> Dot {
    let previous = header.previous == .zero ? nil : try loggedChangeset(header.previous)?.dot
    let name = try chainName(
      name, isWhole: id != nil, lostAfter: previous?.counter ?? header.dot.counter - 1)
    let parent = previous ?? lastShared
    try database.execute(
      HubSQL.insertPastReplica,
      [
        id.map { Value($0) } ?? .null, .text(name), .integer(wallMilliseconds),
        Value(header.previous),
        header.previous == .zero ? .null : Value(header.previous),
        parent.map { Value($0.replica) } ?? .null,
        parent.map { Value(counter: $0.counter) } ?? .null,
      ])
    return Dot(replica: ReplicaID(UInt32(clamping: database.lastInsertRowID)), counter: 1)
  }

  /// No replica is to get a number that another had in a state of the hub which was lost.
  func noteReplicas(_ named: [ReplicaID]) throws {
    let known = try database.integer(HubSQL.nextReplica) ?? 0
    // A number far beyond all others is no replica's.
    let plausible = named.map { Int64($0.rawValue) }.filter {
      $0 < known + Int64(DeltaLimits.replicasMax)
    }
    guard let most = plausible.max(), most >= known else { return }
    try database.execute(HubSQL.updateReplicaMax, [.integer(most)])
  }

  private func chainName(
    _ name: String, isWhole: Bool, lostAfter counter: UInt64
  ) throws -> String {
    let base = Self.isValidName(name) ? name : "?"
    if isWhole, try isFree(base) { return base }
    let first = "\(base) (lost \(counter))"
    var candidate = first
    var number = 2
    while try !isFree(candidate) {
      candidate = "\(first) #\(number)"
      number += 1
    }
    return candidate
  }

  func isFree(_ name: String) throws -> Bool {
    try database.integer(HubSQL.countName, [.text(name)]) == 0
  }
}
