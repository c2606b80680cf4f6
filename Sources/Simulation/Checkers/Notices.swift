package import Clocks
internal import Deltas

/// People are told what they must know, and nothing else: of a copy that goes on under a name of
/// its own at both databases, of losses only if nobody who has handed back knows what was there.
///
/// That whatever somebody has is not lost, `Kept` asks.
package enum Notices: Checker {
  package static let name = "Notices"
  package static let promise =
    "a copy is told of at both databases, and nothing is told that did not happen."

  /// A database that was given an identity of its own.
  package struct Fork: Hashable, Sendable {
    /// Who it was before.
    package var from: ReplicaID
    package var name: String
    /// Whether the hub was put back since, and may have forgotten whom to tell.
    package var isForgotten = false
  }

  package struct Facts: Hashable, Sendable {
    /// By the identity given.
    package var forks: [ReplicaID: Fork] = [:]
    /// Every name that was ever given to a copy: a hub that was put back may give a number again.
    package var names: Set<String> = []
    /// Who each database is in the end.
    package var identities: [MachineID: ReplicaID] = [:]
    /// What its people were told.
    package var texts: [MachineID: [String]] = [:]
    /// What the hub says is lost, and what was there.
    package var losses: [CausalContext: History.LogEntry?] = [:]
    /// Names of entries that those had been told who have handed back to the hub.
    package var handedPlaces: Set<CausalContext> = []

    package init() {}
  }

  package static func violations(in evidence: Evidence) -> [Violation] {
    let facts = evidence.notices
    var result: [Violation] = []
    let machines = facts.identities.sorted { $0.key < $1.key }
    for (machine, identity) in machines {
      let texts = facts.texts[machine] ?? []
      for (replica, fork) in facts.forks.sorted(by: { $0.value.name < $1.value.name })
      where !fork.isForgotten && (identity == replica || identity == fork.from) {
        // An identity that was offered and not taken is nobody's.
        guard machines.contains(where: { $0.value == replica }) else { continue }
        guard !texts.contains(where: { $0.contains("“\(fork.name)”") }) else { continue }
        result.append(
          violation("\(machine), which is \(identity), was not told of “\(fork.name)”."))
      }
      for text in texts
      where !facts.names.contains(where: { text.contains("“\($0)”") }) {
        result.append(violation("\(machine) was told what did not happen: \(text)"))
      }
    }
    let logged = Set(evidence.history.log.map(\.contentHash))
    for (place, entry) in facts.losses where facts.handedPlaces.contains(place) {
      guard let entry = entry, logged.contains(entry.contentHash) else { continue }
      result.append(
        violation(
          "\(entry.dot), at position \(place.position) of a lost timeline, is told of as lost, and"
            + " is in the log."))
    }
    return result.sorted { $0.sentence < $1.sentence }
  }
}
