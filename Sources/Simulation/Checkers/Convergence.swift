internal import Clocks
internal import Deltas

/// At the end every replica holds the same rows, and nobody has anything left for anybody.
package enum Convergence: Checker {
  package static let name = "Convergence"
  package static let promise =
    "once everything has drained, all databases hold the hub's rows."

  package static func violations(in evidence: Evidence) -> [Violation] {
    var result: [Violation] = []
    let hub = evidence.hub
    for (replica, branch) in evidence.branches.sorted(by: { $0.key < $1.key }) {
      if branch.position != hub.position {
        result.append(
          violation("\(replica) stands at \(branch.position), the log ends at \(hub.position)."))
      }
      if branch.outgoingCount > 0 {
        result.append(violation("\(replica) still has \(branch.outgoingCount) changesets to send."))
      }
      if branch.deferredCount > 0 {
        result.append(violation("At \(replica) \(branch.deferredCount) rows still wait."))
      }
      for key in differences(branch.rows, hub.rows) {
        result.append(
          violation(
            "\(evidence.world.schema.name(key)) is \(shown(branch.rows[key])) at \(replica) and"
              + " \(shown(hub.rows[key])) at the hub."))
      }
      if branch.digests != hub.digests {
        result.append(violation("The digests of \(replica) and the hub differ."))
      }
      func known(_ ledger: [Conflict]) -> [Conflict] {
        ledger.filter { !evidence.hasWholeStates || $0.state == .open }
      }
      let difference = LedgerDifference(
        known(branch.ledger), at: replica.description, known(evidence.hub.ledger),
        schema: evidence.world.schema)
      if let difference { result.append(violation(difference.sentence)) }
    }
    return result
  }

  /// The keys whose rows differ, in a fixed order.
  static func differences(_ left: Rows, _ right: Rows) -> [RowKey] {
    var keys = left.compactMap { right[$0.key] == $0.value ? nil : $0.key }
    keys += right.keys.filter { left[$0] == nil }
    return sorted(keys)
  }

  /// Keys in a fixed order.
  static func sorted(_ keys: [RowKey]) -> [RowKey] {
    guard keys.count > 1 else { return keys }
    return keys.map { (key: $0, encoded: $0.encoded) }
      .sorted {
        $0.key.table < $1.key.table
          || ($0.key.table == $1.key.table && $0.encoded.lexicographicallyPrecedes($1.encoded))
      }.map(\.key)
  }

  static func shown(_ row: [Value]?) -> String {
    guard let row else { return "absent" }
    return "(" + row.map(\.shown).joined(separator: ", ") + ")"
  }
}
