internal import Clocks
internal import Deltas
internal import Storage

/// How an answer of the hub leads from the branch's place to another.
struct Route {
  var lineage: Lineage
  /// Where the delta ends.
  var place: CausalContext
  /// The last position that the branch's timeline shares with the hub's.
  var fork: LogPosition
  /// Whether the hub has lost what the branch had integrated above the fork.
  var isLost: Bool
}

extension BranchStore {
  /// Holds an answer to the branch's state, and takes note of the generations that it names. In the
  /// caller's transaction.
  func route(_ facts: ExchangeFacts, hasDelta: Bool, from state: BranchState) throws -> Route {
    var lineage = try lineage()
    try learn(facts.lineage, after: state, in: &lineage)
    guard lineage.knows(facts.generation) else {
      throw BranchStoreError.answerDoesNotFit("it comes from another hub")
    }
    let place = CausalContext(generation: facts.generation, position: facts.to)
    let isRenamed = !lineage.knows(state.place.generation)
    if isRenamed { try learnFork(of: state, at: facts.from, in: &lineage) }
    guard let common = lineage.common(state.place, place) else {
      throw BranchStoreError.answerDoesNotFit("it comes from another hub")
    }
    let isLost = common.position < state.position
    let expected =
      facts.isWholeState ? .start : isLost ? common.position : state.position
    guard facts.from == expected, !isLost || facts.isForAnyone || facts.isWholeState else {
      throw BranchStoreError.answerDoesNotFit("another sync has moved this branch meanwhile")
    }
    guard facts.to == facts.from || facts.to > facts.from && hasDelta else {
      throw BranchStoreError.answerDoesNotFit("its delta is missing")
    }
    return Route(lineage: lineage, place: place, fork: common.position, isLost: isLost)
  }

  /// The steps are those of the hub's path after the branch's generation, or some before it too.
  private func learn(
    _ steps: [GenerationStep], after state: BranchState, in lineage: inout Lineage
  ) throws {
    var parent = try placed(state.place, in: lineage).generation
    for step in steps {
      if !lineage.knows(step.generation) {
        let link = LineageLink(generation: step.generation, parent: parent, fork: step.fork)
        guard lineage.add(link) else {
          throw BranchStoreError.answerDoesNotFit("its history is not the one it had before")
        }
        try remember(link)
      }
      parent = step.generation
    }
  }

  /// The hub had found one name for two stretches of the log, and has given the branch's another:
  /// this tells where the two part.
  private func learnFork(
    of state: BranchState, at fork: LogPosition, in lineage: inout Lineage
  ) throws {
    let parent = try placed(state.place, in: lineage).generation
    let link = LineageLink(generation: state.place.generation, parent: parent, fork: fork)
    guard lineage.add(link) else {
      throw BranchStoreError.answerDoesNotFit("its history is not the one it had before")
    }
    try remember(link)
    try database.execute(
      BranchSQL.renameTailPlaces,
      [
        .text(parent.description), .text(link.generation.description),
        .integer(Int64(fork.rawValue)),
      ])
  }

  /// What was integrated above the fork is of a timeline that the hub does not have any more. Its
  /// rows stay as they are: whatever touched them is in the delta again. In the caller's
  /// transaction.
  func leaveTimeline(
    _ route: Route, lossCount: Int?, _ state: inout BranchState
  ) throws {
    let fork = CausalContext(generation: state.place.generation, position: route.fork)
    // What nobody hands back is in these tables only; and constraints may have been decided
    // otherwise meanwhile.
    let isLossy = try lossCount.map { $0 > 0 } ?? !tail(above: fork).isComplete
    try openGaps(comparedTables(), isSent: isLossy)
    let least = Value.integer(Int64(route.fork.rawValue))
    try database.execute(BranchSQL.lowerOutgoingFloors, [least])
    try database.execute(BranchSQL.lowerDeferredBases, [least])
    try database.execute(BranchSQL.lowerHeldGaps, [least])
    try database.execute(BranchSQL.forgetLogged)
    try ledger.forget(above: route.fork)
    state.noticed = 0
  }
}
