internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// Chains: each changeset names the one before by its hash. The log names chains by replicas.
extension HubStore {
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
    var frames = FrameReader()
    switch source {
    case .inline(let bytes):
      frames.append(bytes.prefix(Self.headerBytesMax))
    case .staged:
      let file = try stagedFile(source, of: replica)
      frames.append(try staging.beginning(of: file, byteCount: Self.headerBytesMax))
    }
    return try decoding {
      () throws(DeltaDecodingError) in
      guard let first = try frames.next(), first.type == .changesetHeader else {
        throw .malformed("a changeset does not begin with its header")
      }
      return try ChangesetHeader(payload: first.payload)
    }
  }

  /// More than a header's frame can have.
  private static let headerBytesMax = 1 << 10

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

  /// What the log will call a changeset that was handed back: normally what it was called before,
  /// and that is the author's own name. If another changeset has that name by now, or the one
  /// before is missing, it begins a chain of its own, of a replica without a device.
  func hubName(
    of header: ChangesetHeader, _ handed: HandedChangeset, wallMilliseconds: Int64
  ) throws -> Dot {
    for dot in [handed.dot, header.dot] {
      guard let record = try replica(dot.replica) else { continue }
      if continues(record, dot, header, name: handed.name) { return dot }
    }
    if header.previous != .zero,
      let row = try database.firstRow(HubSQL.selectPastByHead, [Value(header.previous)]),
      let record = try replica(row[0].asReplica)
    {
      return Dot(replica: record.id, counter: record.chainCounter + 1)
    }
    return try openChain(for: header, handed, wallMilliseconds: wallMilliseconds)
  }

  private func continues(
    _ record: ReplicaRecord, _ dot: Dot, _ header: ChangesetHeader, name: String
  ) -> Bool {
    guard record.chainCounter + 1 == dot.counter, record.chainHash == header.previous else {
      return false
    }
    // Where nothing went before, only the name tells a replica from another that was given the
    // same number after a restore.
    return header.previous != .zero || record.name == name
  }

  private func openChain(
    for header: ChangesetHeader, _ handed: HandedChangeset, wallMilliseconds: Int64
  ) throws -> Dot {
    let parent =
      header.previous == .zero ? nil : try loggedChangeset(header.previous)?.dot
    let isFree = try replica(handed.dot.replica) == nil && handed.dot.replica != .hub
    let isWhole = handed.dot.counter == 1 && isFree
    let name = try chainName(
      handed.name, isWhole: isWhole, lostAfter: parent?.counter ?? header.dot.counter - 1)
    try database.execute(
      HubSQL.insertPastReplica,
      [
        isWhole ? Value(handed.dot.replica) : .null, .text(name), .integer(wallMilliseconds),
        Value(header.previous),
        header.previous == .zero ? .null : Value(header.previous),
        parent.map { Value($0.replica) } ?? .null,
        parent.map { Value(counter: $0.counter) } ?? .null,
      ])
    let id = ReplicaID(UInt32(clamping: database.lastInsertRowID))
    return Dot(replica: id, counter: 1)
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
