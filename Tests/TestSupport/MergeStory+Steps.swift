extension MergeStory {
  /// What happens one after the other.
  package enum Step: Hashable, Sendable {
    /// Somebody writes, and the hub hears nothing of it yet.
    case write(Event)
    /// The hub gets all that a branch has written.
    case deliver(String)
    /// Anything but a write.
    case other(Event)
  }

  /// The story as told, where the hub gets each write at once; or the other way round, where
  /// everybody writes as told, and of what was written between two syncs the hub gets last what is
  /// told first. Branches have seen the same before each write. Headquarters write at the hub.
  package func steps(isOtherWayRound: Bool) -> [Step] {
    guard isOtherWayRound else {
      return events.flatMap { $0.isWrite ? [.write($0), .deliver($0.who)] : [.other($0)] }
    }
    var steps: [Step] = []
    var authors: [String] = []
    func deliver() {
      steps += authors.reversed().map { .deliver($0) }
      authors = []
    }
    for event in events {
      guard event.isWrite else {
        deliver()
        steps.append(.other(event))
        continue
      }
      steps.append(.write(event))
      if event.who == Self.headquarters {
        steps.append(.deliver(event.who))
      } else if !authors.contains(event.who) {
        authors.append(event.who)
      }
    }
    deliver()
    return steps
  }

  /// Whether there is another order: somewhere two branches write between two syncs.
  package var hasOtherOrder: Bool {
    steps(isOtherWayRound: true).filter(\.isDelivery).uniqued
      != steps(isOtherWayRound: false).filter(\.isDelivery).uniqued
  }
}

extension MergeStory.Step {
  fileprivate var isDelivery: Bool {
    if case .write = self { return false }
    return true
  }
}

extension [MergeStory.Step] {
  /// Without those that are like the one before.
  fileprivate var uniqued: [Element] {
    reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }
}

extension MergeStory.Event {
  package var isWrite: Bool {
    switch action {
    case .adds, .sets, .saves, .deletes, .order: true
    case .hasEverything, .clockIsAhead, .decides, .takesBack: false
    }
  }
}
