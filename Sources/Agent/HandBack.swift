internal import Basics
internal import BranchStore
internal import Clocks
internal import Sessions

/// Hands a tail back to a hub that may have lost it: one request at a time, from the oldest entry
/// to the newest.
///
/// An interrupted request is asked for again; begun anew, the whole may be
/// done again, since the hub knows each entry by its hash.
struct HandBack {
  let path: PathResponse
  private let store: BranchStore
  private let ids: [Int64]
  private let lineage: [LineageLink]
  private let timeline: CausalContext
  /// The last generation of the hub's path.
  let generation: GenerationID
  private let names: [ReplicaID: String]
  /// The first entry that no request has had yet.
  private var next = 0
  /// The end of the request under way.
  private var end = 0
  /// The large entry that is being staged at the hub, and how much of it is; nil asks.
  private var upload: (entry: TailEntry, offset: Int?)?
  /// The hashes of the request's entries.
  private var hashes: [ContentHash] = []
  /// Large entries that are staged.
  private var staged: Set<Int64> = []

  /// Nil if the hub is another one: the branch's place is on none of its timelines.
  init?(_ path: PathResponse, store: BranchStore) throws {
    guard let common = try store.learn(path: path.steps, head: path.head) else { return nil }
    self.path = path
    generation = path.steps.last?.generation ?? store.identity.generation
    self.store = store
    timeline = try store.place()
    let known = try store.lineage()
    // One name stands for two stretches, and where they part only the entries' hashes tell.
    ids = try store.tail(
      above: path.isAmbiguous || common == known.canonical(timeline)
        ? CausalContext(generation: store.identity.generation, position: .start) : common
    ).ids
    lineage = known.links
    names = try store.names()
  }

  /// The request that comes next, or again.
  mutating func request() throws -> HubRequest {
    if let upload { return try request(upload.entry, at: upload.offset) }
    end = next
    hashes = []
    var entries: [HandedEntry] = []
    var byteCount = 0
    while end < ids.count, entries.count < SessionLimits.handedEntriesMax {
      guard let entry = try store.tailEntry(ids[end]) else {
        end += 1
        continue
      }
      if entry.byteCount > SessionLimits.inlineBytesMax, !staged.contains(entry.id) {
        // What is in front of it goes first.
        guard entries.isEmpty else { break }
        upload = (entry, nil)
        return try request(entry, at: nil)
      }
      let isInline = entry.byteCount <= SessionLimits.inlineBytesMax
      if isInline, byteCount > 0, byteCount + entry.byteCount > SessionLimits.inlineBytesMax {
        break
      }
      if isInline { byteCount += entry.byteCount }
      entries.append(try handed(entry, isInline: isInline))
      hashes.append(entry.contentHash)
      end += 1
    }
    let isLast = end == ids.count
    return .handBack(
      HandBackRequest(
        lineage: lineage, timeline: timeline, path: generation, entries: entries,
        isLast: isLast, vector: isLast ? try store.vector().dots : []))
  }

  /// Before a request that was not answered is sent again: how much of a piece arrived is not
  /// known.
  mutating func interrupted() {
    if let upload { self.upload = (upload.entry, nil) }
  }

  /// Takes how much of the large entry under way the hub has. False if that brings nothing on.
  mutating func staged(byteCount: Int) -> Bool {
    guard let upload else { return false }
    let count = min(max(byteCount, 0), upload.entry.byteCount)
    guard count < upload.entry.byteCount else {
      staged.insert(upload.entry.id)
      self.upload = nil
      return true
    }
    let isProgress = upload.offset.map { count > $0 } ?? true
    self.upload = (upload.entry, count)
    return isProgress
  }

  /// The hub took the request's entries, and says where its log has them. Returns whether these
  /// were the last.
  mutating func taken(_ positions: [LogPosition]) throws -> Bool {
    guard upload == nil else { return false }
    try store.place(Array(zip(hashes, positions)), on: generation)
    next = end
    return next == ids.count
  }

  private func uploaded(_ entry: TailEntry) -> UploadedChangeset {
    UploadedChangeset(
      counter: entry.dot.counter, contentHash: entry.contentHash, byteCount: entry.byteCount)
  }

  private func request(_ entry: TailEntry, at offset: Int?) throws -> HubRequest {
    let bytes = try offset.map {
      try store.tailBytes(entry.id, offset: $0, byteCount: SessionLimits.pieceBytesMax)
    }
    return .upload(
      UploadRequest(changeset: uploaded(entry), offset: offset ?? 0, bytes: bytes ?? []))
  }

  private func handed(_ entry: TailEntry, isInline: Bool) throws -> HandedEntry {
    HandedEntry(
      places: Array(entry.places.suffix(SessionLimits.handedPlacesMax)), dot: entry.dot,
      name: names[entry.dot.replica] ?? entry.dot.replica.description,
      clockOffsetMilliseconds: entry.clockOffsetMilliseconds,
      receivedMilliseconds: entry.receivedMilliseconds, seen: entry.seen,
      seenAlso: entry.seenAlso,
      source: isInline
        ? .inline(try store.tailBytes(entry.id, offset: 0, byteCount: entry.byteCount))
        : .uploaded(uploaded(entry)))
  }
}
