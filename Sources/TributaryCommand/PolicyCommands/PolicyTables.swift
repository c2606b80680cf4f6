internal import Clocks
internal import Deltas
internal import FoundationEssentials
internal import HubStore
internal import Policies
internal import Storage

/// The tables that a policy is for, and, at a hub, the branches.
struct PolicyTables {
  let schema: Schema
  /// By name; nil where nobody knows them.
  let branches: [String: [ReplicaID]]?

  init(database path: String, undone: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure(
        .cannotOpen, undone: undone, why: "There is no file \(ValueText.escaped(path)).",
        next: "Name an SQLite database that has the tables.")
    }
    schema = try SchemaReader.read(try Database(path: path, mode: .readOnly), tables: nil)
    branches = nil
  }

  init(hub folder: String, undone: String) throws {
    let store = try HubAccess.open(folder, undone: undone)
    schema = store.schema
    branches = Dictionary(grouping: try store.branches(), by: \.replica.name)
      .mapValues { $0.map(\.replica.id).sorted() }
  }

  /// What names mean. Where nobody knows the branches, each of `assumed` is somebody.
  func names(assumed: [String] = []) -> PolicyNames {
    let invented = assumed.enumerated().map { index, name in
      (name, [ReplicaID(UInt32.max - UInt32(index))])
    }
    return PolicyNames(
      schema: schema, headquarters: .hub,
      branches: branches ?? Dictionary(uniqueKeysWithValues: invented))
  }
}
