import Basics
import Clocks
import Deltas
import HubStore
import TestSupport

/// A branch in memory that keeps a tail, as a branch's store does, and that also keeps the truth:
/// by their hashes, all changesets that it has integrated or made.
struct TailBranch {
  struct Entry {
    var places: Set<CausalContext>
    let dot: Dot
    let contentHash: ContentHash
    var offset: Int64
    var received: Int64
    let stream: [UInt8]
    var seen: ToldSeen?
  }

  var core: ImitatedBranch
  var lineage: Lineage
  var logHash: ContentHash?
  var tail: [Entry] = []
  var seen: Set<ContentHash> = []
  /// The last changeset of its chain that it knows to be in the log.
  var confirmed = ChainPoint(counter: 0, contentHash: .zero)
  var vector: [ReplicaID: UInt64] = [:]
  /// Whether its certificate is not the one that the registry has.
  var isStranger = false
  /// The hub's generation at which it had handed back all it has.
  var handedTo: GenerationID?

  init(_ core: ImitatedBranch, hubID: GenerationID) {
    self.core = core
    lineage = Lineage(root: hubID)
  }

  var place: CausalContext { lineage.canonical(core.integrated) }

  var contact: Contact {
    var contact = Contact(
      replica: core.replica, integrated: place, inlineBytesMax: 1 << 20,
      clockOffsetMilliseconds: 0, receivedMilliseconds: TestHub.now)
    contact.isStranger = isStranger
    contact.handedTo = handedTo
    contact.logHash = logHash
    contact.sealed = ChainPoint(counter: core.counter, contentHash: core.lastHash)
    return contact
  }

  // MARK: What comes

  mutating func learn(_ path: [GenerationStep]) {
    for (index, step) in path.enumerated() {
      let parent = index > 0 ? path[index - 1].generation : nil
      _ = lineage.add(LineageLink(generation: step.generation, parent: parent, fork: step.fork))
    }
  }

  /// Takes an exchange's answer.
  mutating func take(_ acceptance: Acceptance, from store: HubStore) throws {
    let plan = acceptance.plan
    let delta = try store.delta(plan, offset: 0, byteCount: .max).bytes
    learn(try store.path())
    let to = try store.place(at: plan.to)
    for accepted in acceptance.entries { try confirm(accepted, on: to.generation, store) }
    if plan.isForAnyone {
      let shared = lineage.canonical(
        CausalContext(generation: to.generation, position: plan.from))
      core.move(to: shared, shared: plan.from)
    }
    try remember(delta, on: to.generation)
    try core.apply(delta, upTo: plan.to, confirmed: confirmed.counter)
    core.move(to: to, shared: plan.to)
    logHash = try store.logHash(at: plan.to)
  }

  /// An own changeset is in the log: it moves to the tail.
  private mutating func confirm(
    _ accepted: AcceptedEntry, on generation: GenerationID, _ store: HubStore
  ) throws {
    guard let own = core.outbox.first(where: { $0.contentHash == accepted.contentHash }) else {
      return
    }
    confirmed = ChainPoint(counter: accepted.counter, contentHash: accepted.contentHash)
    let here = try store.place(at: accepted.position)
    keep(
      Entry(
        places: [here], dot: own.header.dot, contentHash: own.contentHash, offset: 0,
        received: TestHub.now, stream: own.bytes))
  }

  private mutating func keep(_ entry: Entry) {
    vector[entry.dot.replica] = max(vector[entry.dot.replica] ?? 0, entry.dot.counter)
    if let index = tail.firstIndex(where: { $0.contentHash == entry.contentHash }) {
      tail[index].places.formUnion(entry.places)
      // Positions of the path that it is on now.
      tail[index].seen = entry.seen ?? tail[index].seen
      tail[index].offset = entry.offset
      tail[index].received = entry.received
    } else {
      tail.append(entry)
    }
  }

  private mutating func remember(_ delta: [UInt8], on generation: GenerationID) throws {
    guard !delta.isEmpty else { return }
    var open: (entry: DeltaEntry, stream: [UInt8], rows: Int, blocks: Int)?
    func closed() -> Entry? {
      guard let open, open.entry.hasBlocks else { return nil }
      let trailer = ChangesetTrailer(
        rowCount: open.rows, blockCount: open.blocks, contentHash: open.entry.contentHash)
      return Entry(
        places: [place(open.entry.position, on: generation)], dot: open.entry.dot,
        contentHash: open.entry.contentHash, offset: open.entry.clockOffsetMilliseconds,
        received: open.entry.receivedMilliseconds,
        stream: open.stream + Frame(type: .changesetTrailer, payload: trailer.payload).encoded,
        seen: told(open.entry, on: generation))
    }
    for (frame, part) in zip(try Streams.frames(delta), try Streams.readDelta(delta)) {
      switch part {
      case .entry(let entry):
        if let done = closed() { keep(done) }
        open = (entry, [], 0, 0)
        seen.insert(entry.contentHash)
        if !entry.hasBlocks,
          let index = tail.firstIndex(where: { $0.contentHash == entry.contentHash })
        {
          tail[index].places.insert(place(entry.position, on: generation))
          tail[index].seen = told(entry, on: generation)
          tail[index].offset = entry.clockOffsetMilliseconds
          tail[index].received = entry.receivedMilliseconds
        }
      case .changesetHeader: open?.stream += frame.encoded
      case .block(let block):
        open?.stream += frame.encoded
        open?.rows += block.rowCount
        open?.blocks += 1
      case .stub(let stub):
        open?.stream += frame.encoded
        open?.rows += stub.rowCount
        open?.blocks += 1
      case .header, .outcome, .conflicts, .trailer: break
      }
    }
    if let done = closed() { keep(done) }
  }

  private func told(_ entry: DeltaEntry, on generation: GenerationID) -> ToldSeen? {
    entry.seen.map { ToldSeen(generation: generation, upTo: $0.upTo, others: $0.also) }
  }

  private func place(_ position: LogPosition, on generation: GenerationID) -> CausalContext {
    lineage.canonical(CausalContext(generation: generation, position: position))
  }

  // MARK: What goes back

  /// What it hands back to a hub with this path, in messages of some entries.
  func batches(
    for path: [GenerationStep], head: LogPosition, isAmbiguous: Bool = false, size: Int = 2,
    names: [ReplicaID: String]
  ) -> [HandedBatch] {
    var known = self
    known.learn(path)
    guard let last = path.last,
      let shared = known.lineage.common(
        place, CausalContext(generation: last.generation, position: head))
    else { return [] }
    let own = place
    let above: [(position: LogPosition, entry: Entry)] = tail.compactMap { entry in
      let named = entry.places.first { known.lineage.includes($0, in: own) }
      guard let named, isAmbiguous || named.position > shared.position else { return nil }
      return (named.position, entry)
    }.sorted { $0.position < $1.position }
    let entries = above.map { _, entry in
      HandedChangeset(
        places: entry.places.sorted { $0.position < $1.position }, dot: entry.dot,
        name: names[entry.dot.replica] ?? "?", clockOffsetMilliseconds: entry.offset,
        receivedMilliseconds: entry.received, seen: entry.seen,
        source: .inline(entry.stream))
    }
    var batches: [HandedBatch] = []
    var rest = entries[...]
    repeat {
      let part = Array(rest.prefix(size))
      rest = rest.dropFirst(size)
      batches.append(
        HandedBatch(
          lineage: lineage.links, timeline: own, entries: part, isLast: rest.isEmpty,
          vector: rest.isEmpty
            ? vector.sorted { $0.key < $1.key }.map { Dot(replica: $0.key, counter: $0.value) }
            : []))
    } while !rest.isEmpty
    return batches
  }
}
