internal import Basics
internal import Clocks
internal import Deltas
internal import HubStore
internal import Merging
internal import Sessions

/// Push and pull.
extension HubEngine {
  func exchange(
    _ request: ExchangeRequest, from replica: ReplicaID, isStranger: Bool, wallMilliseconds: Int64
  ) throws -> ExchangeResponse {
    try check(request)
    let offset = wallMilliseconds.subtractingSaturating(request.wallMilliseconds)
    let acceptance = try store.accept(
      sources(of: request),
      from: contact(
        request, from: replica, isStranger: isStranger, offset: offset,
        wallMilliseconds: wallMilliseconds))
    let plan = acceptance.plan
    let piece = try store.delta(plan, offset: 0, byteCount: SessionLimits.inlineBytesMax)
    let difference = try store.vectorDifference(from: plan.from, to: plan.to)
    let names = try store.names()
    let backup = try store.lastBackup()
    return ExchangeResponse(
      accepted: try acceptance.entries.map {
        let clock = try store.clockFacts(at: $0.position)
        return AcceptedChangeset(
          counter: $0.counter, contentHash: $0.contentHash, position: $0.position,
          clockOffsetMilliseconds: clock?.offset ?? Self.correction(ofMeasured: offset),
          receivedMilliseconds: clock?.received ?? wallMilliseconds)
      },
      generation: try store.place(at: plan.to).generation, from: plan.from, to: plan.to,
      deltaByteCount: piece.total, deltaBytes: piece.bytes, vectorDifference: difference,
      names: difference.compactMap { dot in
        names[dot.replica].map { ReplicaName(replica: dot.replica, name: $0) }
      },
      clockOffsetMilliseconds: offset,
      timestamp: clock.issue(wallMilliseconds: wallMilliseconds),
      isForAnyone: plan.isForAnyone, isWholeState: plan.isWholeState,
      logHash: try store.logHash(at: plan.to) ?? .zero,
      durable: backup.place.position, backupNumber: backup.number,
      lineage: try store.steps(after: request.integrated, upTo: plan.to),
      notices: try store.notices(
        for: replica, after: request.noticed, atMost: SessionLimits.noticesMax
      ).map { Notice(number: $0.number, milliseconds: $0.milliseconds, text: $0.text) },
      lossCount: UInt64(acceptance.lossCount), policy: try policyMark())
  }

  private func policyMark() throws -> PolicyMark {
    let policy = try store.policyMark()
    return PolicyMark(
      version: policy?.version ?? 0, contentHash: policy?.contentHash ?? MergePolicy().contentHash)
  }

  private func contact(
    _ request: ExchangeRequest, from replica: ReplicaID, isStranger: Bool, offset: Int64,
    wallMilliseconds: Int64
  ) -> Contact {
    var contact = Contact(
      replica: replica, integrated: request.integrated, resumeTo: request.resumeTo,
      inlineBytesMax: SessionLimits.inlineBytesMax,
      clockOffsetMilliseconds: Self.correction(ofMeasured: offset),
      receivedMilliseconds: wallMilliseconds)
    contact.isStranger = isStranger
    contact.logHash = request.logHash
    contact.floor = request.floor
    contact.handedTo = request.handedTo
    contact.wantsAll = request.wantsAll
    contact.sealed = ChainPoint(
      counter: request.sealed.counter, contentHash: request.sealed.hash)
    return contact
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

  func check(_ changeset: UploadedChangeset) throws {
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

  func source(_ changeset: UploadedChangeset) -> ChangesetSource {
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
    let to = CausalContext(generation: request.generation, position: request.to)
    let receiver = request.isForAnyone ? ReplicaID.hub : replica
    guard
      let plan = try store.plan(
        from: request.from, to: to, receiver: receiver, isWholeState: request.isWholeState)
    else {
      throw HubStoreError.refused(.unknownPosition)
    }
    let piece = try store.delta(
      plan, offset: request.offset,
      byteCount: min(max(0, request.byteCount), SessionLimits.pieceBytesMax))
    let offset = min(max(0, request.offset), piece.total)
    if offset + piece.bytes.count == piece.total {
      try store.noteDelivered(
        replica, upTo: request.to, isComplete: request.to == (try store.head()),
        wallMilliseconds: wallMilliseconds)
    }
    return DownloadResponse(offset: offset, deltaByteCount: piece.total, bytes: piece.bytes)
  }
}
