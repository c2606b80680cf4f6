internal import Basics
internal import Clocks
internal import Deltas
internal import HubStore
internal import Sessions

/// Push and pull.
extension HubEngine {
  func exchange(
    _ request: ExchangeRequest, from replica: ReplicaID, wallMilliseconds: Int64
  ) throws -> ExchangeResponse {
    try check(request)
    let offset = wallMilliseconds.subtractingSaturating(request.wallMilliseconds)
    let from = request.integrated?.position ?? .start
    let acceptance = try store.accept(
      sources(of: request),
      from: Contact(
        replica: replica, integrated: request.integrated, resumeTo: request.resumeTo,
        inlineBytesMax: SessionLimits.inlineBytesMax,
        clockOffsetMilliseconds: Self.correction(ofMeasured: offset),
        receivedMilliseconds: wallMilliseconds))
    let to = acceptance.deltaTo
    let piece = try store.delta(
      receiver: replica, from: from, to: to, offset: 0,
      byteCount: SessionLimits.inlineBytesMax)
    let difference = try store.vectorDifference(from: from, to: to)
    let names = try store.names()
    return ExchangeResponse(
      accepted: acceptance.entries.map {
        AcceptedChangeset(
          counter: $0.counter, contentHash: $0.contentHash, position: $0.position)
      },
      generation: store.generation, from: from, to: to, deltaByteCount: piece.total,
      deltaBytes: piece.bytes, vectorDifference: difference,
      names: difference.compactMap { dot in
        names[dot.replica].map { ReplicaName(replica: dot.replica, name: $0) }
      },
      clockOffsetMilliseconds: offset,
      timestamp: clock.issue(wallMilliseconds: wallMilliseconds))
  }

  /// What of a measured difference is the clocks': a request is on its way for a while, more or
  /// less each time, so a small difference says nothing and must not reorder edits that clocks
  /// which agree have put in order.
  private static func correction(ofMeasured offset: Int64) -> Int64 {
    offset.magnitude <= transitMillisecondsMax ? 0 : offset
  }

  /// From the making of a request at the branch to its reading here, handshake included.
  private static let transitMillisecondsMax: UInt64 = 2_000

  /// What can be told before anything is parsed.
  private func check(_ request: ExchangeRequest) throws {
    guard request.schemaFingerprint == store.schemaFingerprint else {
      throw HubStoreError.refused(.schemaMismatch)
    }
    guard request.changesets.count <= SessionLimits.changesetsPerExchangeMax else {
      throw HubStoreError.refused(
        .tooLarge(
          what: "the number of changesets", limit: SessionLimits.changesetsPerExchangeMax))
    }
    let byteCount = request.changesets.reduce(0) { $0 + $1.count }
    guard byteCount <= SessionLimits.bodyBytesMax else {
      throw HubStoreError.refused(
        .tooLarge(what: "their length in bytes", limit: SessionLimits.bodyBytesMax))
    }
    if let uploaded = request.uploaded { try check(uploaded) }
  }

  private func check(_ changeset: UploadedChangeset) throws {
    guard (1...SessionLimits.changesetBytesMax).contains(changeset.byteCount) else {
      throw HubStoreError.refused(
        .tooLarge(what: "a changeset in bytes", limit: SessionLimits.changesetBytesMax))
    }
  }

  private func sources(of request: ExchangeRequest) -> [ChangesetSource] {
    var sources: [ChangesetSource] = []
    if let uploaded = request.uploaded { sources.append(source(uploaded)) }
    return sources + request.changesets.map { .inline($0) }
  }

  private func source(_ changeset: UploadedChangeset) -> ChangesetSource {
    .staged(
      counter: changeset.counter, contentHash: changeset.contentHash,
      byteCount: changeset.byteCount)
  }

  // MARK: Pieces

  func upload(_ request: UploadRequest, from replica: ReplicaID) throws -> Int {
    try check(request.changeset)
    guard request.bytes.count <= SessionLimits.pieceBytesMax else {
      throw HubStoreError.refused(
        .tooLarge(what: "a piece in bytes", limit: SessionLimits.pieceBytesMax))
    }
    return try store.stage(
      request.bytes, at: request.offset, of: source(request.changeset), from: replica)
  }

  func download(
    _ request: DownloadRequest, from replica: ReplicaID, wallMilliseconds: Int64
  ) throws -> DownloadResponse {
    let head = try store.head()
    guard request.generation == store.generation, request.to <= head, request.from <= request.to
    else { throw HubStoreError.refused(.unknownPosition) }
    let byteCount = min(max(0, request.byteCount), SessionLimits.pieceBytesMax)
    let piece = try store.delta(
      receiver: replica, from: request.from, to: request.to, offset: request.offset,
      byteCount: byteCount)
    let offset = min(max(0, request.offset), piece.total)
    if offset + piece.bytes.count == piece.total {
      try store.noteDelivered(
        replica, upTo: request.to, isComplete: request.to == head,
        wallMilliseconds: wallMilliseconds)
    }
    return DownloadResponse(offset: offset, deltaByteCount: piece.total, bytes: piece.bytes)
  }
}
