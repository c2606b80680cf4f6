package import Clocks
package import Deltas

/// A row of a consolidated table that refers to one which is not there.
package struct Orphan: Hashable, Sendable {
  package var key: RowKey
  /// The columns that refer, …
  package var columns: [ColumnID]
  /// … the table that they refer to, …
  package var parent: TableID
  /// … the columns by which the row is found there, …
  package var parentColumns: [ColumnID]
  /// … and what these would have to hold.
  package var wanted: [Value]
  /// The changeset with which it began.
  package var position: LogPosition
  /// When the hub had that.
  package var sinceMilliseconds: Int64
  /// Who wrote the row last.
  package var author: ReplicaID
  package var absence: Absence

  /// Why no row comes back for it.
  package struct Absence: Hashable, Sendable {
    package enum Cause: Int64, Hashable, Sendable {
      /// The hub never had the row, or has forgotten that it was deleted.
      case unknown = 1
      /// Who deleted it had seen the reference.
      case deletedKnowingly = 2
      /// Who wrote the reference had seen that it was deleted.
      case referredKnowingly = 3
      /// In its table deletions stand.
      case deletionStands = 4
      /// A constraint refuses it.
      case refused = 5
      /// The hub has a part of it.
      case partial = 6
      /// It would come back, had anybody asked since that is the rule.
      case notAsked = 7
    }

    package var cause: Cause
    /// Who deleted it, and when.
    package var replica: ReplicaID?
    package var milliseconds: Int64?
  }

  /// In words, with the names of branches and times as they are to be shown.
  package func reason(
    in schema: Schema, names: [ReplicaID: String], value: (Value) -> String,
    time: (Int64) -> String
  ) -> String {
    func columnNames(_ columns: [ColumnID], of table: TableID) -> String {
      columns.map { schema.table(table)?.column($0)?.name ?? "?" }.joined(separator: ", ")
    }
    let parentName = schema.table(parent)?.name ?? "?"
    let refers = columnNames(columns, of: key.table)
    let found = columnNames(parentColumns, of: parent)
    let values = wanted.map(value).joined(separator: ", ")
    let who = absence.replica.map { names[$0] ?? "branch \($0.rawValue)" } ?? "somebody"
    let when = absence.milliseconds.map { " on \(time($0))" } ?? ""
    let why =
      switch absence.cause {
      case .unknown: "the hub never had it, or has forgotten that it was deleted"
      case .deletedKnowingly: "\(who) deleted it\(when), and had seen this row"
      case .referredKnowingly:
        "\(who) deleted it\(when), and whoever wrote this row had seen that"
      case .deletionStands: "\(who) deleted it\(when), and in its table deletions stand"
      case .refused: "it is in quarantine itself"
      case .partial: "the hub has only a part of it"
      case .notAsked:
        "\(who) deleted it\(when) without having seen this row; to try again brings it back"
      }
    return "\(refers) refers to \(parentName) with \(found) \(values), which is not there: \(why)"
  }
}
