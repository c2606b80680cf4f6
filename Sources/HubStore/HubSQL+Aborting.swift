internal import Deltas
internal import Storage

/// The statements on one consolidated table, where they differ from everybody's.
extension HubSQL {
  /// An INSERT or UPDATE whose refusal by a constraint undoes it alone, whatever the application's
  /// schema says: `ON CONFLICT REPLACE` there would delete other rows without telling.
  static func aborting(_ statement: String) -> String {
    for verb in ["INSERT", "UPDATE"] where statement.hasPrefix("\(verb) ") {
      return "\(verb) OR ABORT \(statement.dropFirst(verb.count + 1))"
    }
    return statement
  }
}
