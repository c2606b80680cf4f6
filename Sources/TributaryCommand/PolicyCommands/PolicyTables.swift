internal import Clocks
internal import Deltas
internal import FoundationEssentials
internal import HubStore
internal import Policies
internal import Storage

/// The tables that a policy is for, and, at a hub, the branches.
struct PolicyTables {
  let schema: Schema
  /// What names mean at a hub; nil where nobody knows the branches.
  private let hubNames: PolicyNames?

  var knowsBranches: Bool { hubNames != nil }

  init(database path: String, undone: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure(
        .cannotOpen, undone: undone, why: "There is no file \(ValueText.escaped(path)).",
        next: "Name an SQLite database that has the tables.")
    }
    schema = try SchemaReader.read(try Database(path: path, mode: .readOnly), tables: nil)
    hubNames = nil
  }

  init(_ store: HubStore) throws {
    schema = store.schema
    hubNames = try store.policyNames()
  }

  init(hub folder: String, undone: String) throws {
    try self.init(try HubAccess.open(folder, undone: undone))
  }

  /// What names mean. Where nobody knows the branches, each of `assumed` is somebody.
  func names(assumed: [String] = []) -> PolicyNames {
    if let hubNames { return hubNames }
    let invented = assumed.enumerated().map { index, name in
      (name, [ReplicaID(UInt32.max - UInt32(index))])
    }
    return PolicyNames(
      schema: schema, headquarters: .hub, branches: Dictionary(uniqueKeysWithValues: invented))
  }
}
