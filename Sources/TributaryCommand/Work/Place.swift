internal import BranchStore
internal import Deltas
internal import FoundationEssentials
internal import HubStore

/// What DB-or-DIR names: a branch's database or a hub's folder.
enum Place {
  case branch(BranchStore)
  case hub(HubStore)

  init(_ path: String, undone: String) throws {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw CommandFailure(
        .notABranch, undone: undone, why: "There is nothing at \(path).",
        next: "Name a branch's database or a hub's folder.")
    }
    self =
      isFolder
      ? .hub(try HubAccess.open(path, undone: undone))
      : .branch(try BranchAccess.open(path, undone: undone))
  }

  var schema: Schema {
    switch self {
    case .branch(let store): store.schema
    case .hub(let store): store.schema
    }
  }

  func ledger(openOnly: Bool) throws -> LedgerReport {
    switch self {
    case .branch(let store):
      LedgerReport(
        conflicts: try store.shown(try store.ledger(openOnly: openOnly)), schema: store.schema,
        names: try store.names())
    case .hub(let store):
      LedgerReport(
        conflicts: try store.conflicts(openOnly: openOnly), schema: store.schema,
        names: try store.names())
    }
  }

  func digests() throws -> [(table: TableSchema, digest: StateDigest)] {
    switch self {
    case .branch(let store): try store.digests()
    case .hub(let store): try store.digests()
    }
  }
}

extension Place {
  /// The tables whose rows stay at the hub, so that each branch has others.
  func withheld() throws -> Set<TableID> {
    let isWithheld: (TableID) throws -> Bool =
      switch self {
      case .branch(let store): store.withholds
      case .hub(let store): store.withholds
      }
    return try Set(schema.tables.map(\.id).filter(isWithheld))
  }
}

extension BranchStore {
  /// Conflicts under the keys by which the branch's people know the rows.
  func shown(_ conflicts: [Conflict]) throws -> [Conflict] {
    try conflicts.map { conflict in
      var result = conflict
      result.key = try ownKey(of: conflict.key) ?? conflict.key
      return result
    }
  }
}
