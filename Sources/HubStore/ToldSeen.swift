package import Clocks
package import Deltas

/// What the author of a changeset had seen, in the positions of the timeline of whoever tells it:
/// the author itself, or a branch that hands the changeset back.
package struct ToldSeen: Hashable, Sendable {
  /// Its path names all the positions.
  package var generation: GenerationID
  package var upTo: LogPosition
  package var others: [EntryKnowledge.Also]

  package init(generation: GenerationID, upTo: LogPosition, others: [EntryKnowledge.Also] = []) {
    self.generation = generation
    self.upTo = upTo
    self.others = others
  }

  init(_ context: CausalContext) {
    self.init(generation: context.generation, upTo: context.position)
  }

  /// The last position that it names.
  var reach: CausalContext {
    CausalContext(
      generation: generation, position: others.map(\.position).reduce(upTo) { max($0, $1) })
  }

  // MARK: Stored form

  /// As a column has it beside the generation and the reach; nil if these say it all.
  var encoded: [UInt8]? {
    guard !others.isEmpty else { return nil }
    return SeenEntries.encoded(
      others.map { SeenEntries.Other(since: $0.since, position: $0.position) }, after: upTo)
  }

  init(reach: CausalContext, encoded: [UInt8]?) throws(DeltaDecodingError) {
    self.init(reach)
    guard let encoded else { return }
    let (upTo, others) = try SeenEntries.decode(encoded)
    self.upTo = upTo
    self.others = others.map { EntryKnowledge.Also(since: $0.since, position: $0.position) }
  }
}
