internal import Basics
internal import Clocks
internal import Deltas
internal import Merging

/// Which entries of this hub's log the author of a changeset had seen.
///
/// What it had integrated is a place on some timeline. Below the last place which that timeline
/// shares with this hub's, these are all entries; above it, those that were handed back.
struct SeenEntries: Hashable, Sendable {
  /// An entry above `upTo`.
  struct Other: Hashable, Sendable {
    /// Its position on the author's timeline; 0 for one of the chain that the author's continues,
    /// which it had seen whatever it had integrated.
    let since: LogPosition
    /// Its position here.
    let position: LogPosition
  }

  let upTo: LogPosition
  /// Those above `upTo`; and those below that a row's own base does not reach, as far as they are
  /// of the chain that the author's continues. In the order of `since`, then of `position`.
  let others: [Other]
  private let all: Knowledge

  init(upTo: LogPosition, others: [Other] = []) {
    self.upTo = upTo
    // What is seen from two positions on is seen from the lower.
    var since: [LogPosition: LogPosition] = [:]
    for other in others where other.position > upTo || other.since == .start {
      since[other.position] = min(since[other.position] ?? other.since, other.since)
    }
    self.others = since.map { Other(since: $1, position: $0) }
      .sorted { ($0.since, $0.position) < ($1.since, $1.position) }
    all = Knowledge(upTo: upTo, also: Self.positions(self.others, above: upTo))
  }

  /// What the author had seen of a row that it had integrated at `base`, a position on its own
  /// timeline; nil stands for all of the changeset's context.
  func knowledge(base: LogPosition?) -> Knowledge {
    guard let base else { return all }
    if others.isEmpty { return Knowledge(upTo: min(upTo, base)) }
    let least = min(upTo, base)
    return Knowledge(
      upTo: least, also: Self.positions(others.filter { $0.since <= base }, above: least))
  }

  /// The least base that says the same as another; nil if that says no less than the context.
  func normalized(_ base: LogPosition?) -> LogPosition? {
    base.flatMap { self.base(of: knowledge(base: $0)) }
  }

  /// With more entries of the chain that the author's continues, or known later.
  func adding(_ more: [Other], upTo position: LogPosition? = nil) -> SeenEntries {
    SeenEntries(upTo: max(upTo, position ?? upTo), others: others + more)
  }

  /// A base whose knowledge this is; nil stands for the whole context.
  private func base(of knowledge: Knowledge) -> LogPosition? {
    if knowledge == all { return nil }
    if knowledge.upTo < upTo { return knowledge.upTo }
    let included = others.filter { $0.since != .start && knowledge.contains($0.position) }
    return included.map(\.since).max() ?? upTo
  }

  private static func positions(
    _ others: [Other], above position: LogPosition
  ) -> [LogPosition] {
    others.map(\.position).filter { $0 > position }.sorted()
  }

  // MARK: Stored form

  /// The others as a column has them; nil if there are none.
  var othersEncoded: [UInt8]? {
    others.isEmpty ? nil : Self.encoded(others, after: upTo)
  }

  init(upTo: LogPosition, encoded: [UInt8]?) throws(DeltaDecodingError) {
    self.init(upTo: upTo, others: try encoded.map(Self.decode)?.others ?? [])
  }

  /// Runs in which both positions go up by one: a timeline is handed back in its order.
  static func encoded(_ others: [Other], after upTo: LogPosition) -> [UInt8] {
    var runs: [(first: Other, count: UInt64)] = []
    for other in others {
      if let last = runs.last, last.first.since.rawValue + last.count == other.since.rawValue,
        last.first.position.rawValue + last.count == other.position.rawValue
      {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((other, 1))
      }
    }
    var writer = ByteWriter()
    writer.write(upTo)
    writer.writeList(runs) { writer, run in
      writer.write(run.first.since)
      writer.write(run.first.position)
      writer.writeVarint(run.count)
    }
    return writer.bytes
  }

  static func decode(
    _ bytes: [UInt8]
  ) throws(DeltaDecodingError) -> (upTo: LogPosition, others: [Other]) {
    var reader = FieldReader(bytes, in: "what an entry of the log had seen")
    let upTo = try reader.readPosition()
    let runs = try reader.readList(of: "runs of entries", atMost: bytes.count) {
      (reader) throws(DeltaDecodingError) in
      (
        since: try reader.readPosition(), position: try reader.readPosition(),
        count: try reader.readVarint()
      )
    }
    try reader.expectEnd()
    let others = runs.flatMap { run in
      (0..<run.count).map { offset in
        Other(
          since: LogPosition(run.since.rawValue + offset),
          position: LogPosition(run.position.rawValue + offset))
      }
    }
    return (upTo, others)
  }

  /// What branches are told of it, and tell a hub that lost it.
  var told: EntryKnowledge {
    EntryKnowledge(
      upTo: upTo,
      also: others.sorted { $0.position < $1.position }.prefix(DeltaLimits.seenEntriesMax)
        .map { EntryKnowledge.Also(since: $0.since, position: $0.position) })
  }
}
