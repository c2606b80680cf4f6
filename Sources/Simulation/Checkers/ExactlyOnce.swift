internal import Basics
internal import Clocks
internal import Deltas

/// Every sealed changeset is in the hub's log exactly once, in the order of its author's chain.
package enum ExactlyOnce: Checker {
  package static let name = "ExactlyOnce"
  package static let promise =
    "each sealed changeset is in the log once, in the order of its chain."

  package static func violations(in evidence: Evidence) -> [Violation] {
    let world = evidence.world
    var result: [Violation] = []
    var seen: [ContentHash: LogPosition] = [:]
    var counters: [ReplicaID: UInt64] = [:]
    for logged in world.log {
      let entry = logged.entry
      if let other = seen[entry.contentHash] {
        result.append(
          violation("\(entry.dot) is in the log at \(other) and again at \(entry.position)."))
      }
      seen[entry.contentHash] = entry.position
      let expected = (counters[entry.dot.replica] ?? 0) + 1
      if entry.dot.counter != expected {
        result.append(
          violation(
            "\(entry.dot) is at position \(entry.position), where"
              + " \(Dot(replica: entry.dot.replica, counter: expected)) was to come."))
      }
      counters[entry.dot.replica] = entry.dot.counter
    }
    for (dot, changeset) in world.sealed.sorted(by: { precedes($0.key, $1.key) })
    where seen[changeset.trailer.contentHash] == nil {
      result.append(violation("\(dot) was sealed and is not in the log."))
    }
    return result
  }

  private static func precedes(_ left: Dot, _ right: Dot) -> Bool {
    (left.replica, left.counter) < (right.replica, right.counter)
  }
}
