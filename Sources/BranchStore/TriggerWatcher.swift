internal import Deltas
internal import Storage

/// Decides what triggers may do while we write, when SQLite compiles them into our statements.
///
/// Our capture triggers do nothing: what we write is no news. What the application's triggers do to
/// tracked rows is left out, since it comes with the data itself; what they do to other tables,
/// a search index or a total, is done.
final class TriggerWatcher {
  private var tracked: Set<String> = []
  /// Tracked tables from which some compiled trigger deletes; the authorizer cannot leave that out.
  private(set) var deletionTargets: Set<String> = []

  init(_ schema: Schema) { watch(schema) }

  func watch(_ schema: Schema) {
    tracked = Set(schema.tables.map { SchemaReader.asciiLowercased($0.name) })
  }

  func install(on database: Database) {
    database.setAuthorizer { [self] access in decide(access) }
  }

  func forgetDeletionTargets() { deletionTargets.removeAll() }

  private func decide(_ access: Database.Access) -> Database.Permission {
    guard let trigger = access.context else { return .allow }
    switch access.action {
    case Database.Access.insert, Database.Access.update:
      let table = SchemaReader.asciiLowercased(access.table)
      let isOurs = trigger.hasPrefix(SchemaReader.ownPrefix)
      return isOurs || tracked.contains(table) ? .ignore : .allow
    case Database.Access.delete:
      let table = SchemaReader.asciiLowercased(access.table)
      if tracked.contains(table) { deletionTargets.insert(table) }
      return .allow
    default:
      return .allow
    }
  }
}
