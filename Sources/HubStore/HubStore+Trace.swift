package import Clocks
package import Deltas
internal import Storage

/// How far a row's last change has got.
extension HubStore {
  /// An entry of the log, and when it came.
  package struct Arrival: Hashable, Sendable {
    package var position: LogPosition
    package var receivedMilliseconds: Int64
  }

  package struct Trace: Hashable, Sendable {
    /// The changeset that was asked for; nil if the hub does not have it, or not any more.
    package var changeset: Arrival?
    /// The last entry that touched the row; nil if none is known: then every branch that is not
    /// away has it, or the hub never had any.
    package var last: Arrival?
    /// Those that take part, in the order of their names. One that has acknowledged `last` has the
    /// row as it stands; so has who wrote that, and counts as having told it, unless others' writes
    /// are in it too.
    package var branches: [ReplicaRecord]
  }

  /// Where a row's last change is by now, and a changeset.
  package func trace(table: TableID, key: [UInt8], changeset dot: Dot?) throws -> Trace {
    let entry = try history(of: table, key: key, atMost: 1).entries.last
    let last = entry.map {
      Arrival(position: $0.position, receivedMilliseconds: $0.receivedMilliseconds)
    }
    return try storing("look how far a row has got") {
      let records = try database.rows(HubSQL.selectReplicas).map { row in
        var record = ReplicaRecord(row)
        if let entry, !entry.isContested, entry.dot.replica == record.id {
          record.acknowledgedPosition = max(record.acknowledgedPosition, entry.position)
        }
        return record
      }
      return Trace(
        changeset: try dot.flatMap(arrival), last: last,
        branches: records.filter { $0.state == .active }.sorted { $0.name < $1.name })
    }
  }

  private func arrival(of dot: Dot) throws -> Arrival? {
    guard let logged = try loggedChangeset(dot),
      let facts = try log.facts(logged.position)
    else { return nil }
    return Arrival(
      position: logged.position, receivedMilliseconds: facts.receivedMilliseconds)
  }
}
