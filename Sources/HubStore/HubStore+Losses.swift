package import Clocks
internal import Deltas
internal import Storage

/// What of lost timelines nobody has.
extension HubStore {
  /// A position of a lost timeline whose entry nobody has handed back.
  package struct Loss: Hashable, Sendable {
    package var place: CausalContext
    /// The branch that told of it: it had been there.
    package var toldBy: ReplicaID
    package var milliseconds: Int64
    /// Whose changesets are missing, as far as that branch could say.
    package var names: String
  }

  /// The losses, those told of first before the others.
  package func losses(atMost limit: Int = 10_000) throws -> [Loss] {
    try storing("list its losses") {
      try database.rows(HubSQL.selectLosses, [Value(limit)]).compactMap { row in
        GenerationID(row[0].asText).map { generation in
          Loss(
            place: CausalContext(generation: generation, position: row[1].asPosition),
            toldBy: row[2].asReplica, milliseconds: row[3].asInteger, names: row[4].asText)
        }
      }
    }
  }

  package func lossCount() throws -> Int {
    try storing("count its losses") { Int(try database.integer(HubSQL.countLosses) ?? 0) }
  }

  /// How many of the entries that a place of a lost timeline stands for are lost.
  func lossCount(below place: CausalContext) throws -> Int {
    guard let (_, lost) = try timeline().meet(place, head: try log.head()) else { return 0 }
    return try lost.reduce(0) { sum, stretch in
      let count = try database.integer(
        HubSQL.countLossesBetween,
        [Value(stretch.generation), Value(stretch.after), Value(stretch.upTo)])
      return sum + Int(count ?? 0)
    }
  }

  /// Notes the positions below a place of a lost timeline that nobody has given.
  func noteLosses(
    of place: CausalContext, told replica: ReplicaID, vector: [Dot], wallMilliseconds: Int64
  ) throws {
    guard let (_, lost) = try timeline().meet(place, head: try log.head()) else { return }
    let total = lost.reduce(UInt64(0)) { $0 + $1.positionCount }
    guard total <= UInt64(HubStoreLimits.lossesPerTimelineMax) else {
      throw HubStoreError.refused(
        .tooLarge(what: "a lost timeline", limit: HubStoreLimits.lossesPerTimelineMax))
    }
    let names = Value.text(try gaps(vector))
    for stretch in lost {
      let rows = try database.rows(
        HubSQL.selectPlaces,
        [Value(stretch.generation), Value(stretch.after), Value(stretch.upTo)])
      let known = Set(rows.map { $0[0].asPosition })
      var position = stretch.after
      while position < stretch.upTo {
        position = position.next
        guard !known.contains(position) else { continue }
        try database.execute(
          HubSQL.insertLoss,
          [
            Value(stretch.generation), Value(position), Value(replica),
            .integer(wallMilliseconds), names,
          ])
      }
    }
  }

  /// The changesets that a vector has and the log has not, in words.
  private func gaps(_ vector: [Dot]) throws -> String {
    try vector.compactMap { dot in
      let record = try replica(dot.replica)
      let have = record?.chainCounter ?? 0
      guard have < dot.counter else { return nil }
      let name = record?.name ?? "replica \(dot.replica)"
      return have + 1 == dot.counter
        ? "\(name): changeset \(dot.counter)" : "\(name): changesets \(have + 1) to \(dot.counter)"
    }.joined(separator: "; ")
  }
}
