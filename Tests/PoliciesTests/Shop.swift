import Clocks
import Deltas
import Foundation
import Policies
import Storage
import TestSupport

/// The chain of shops that deploy/policy.example.yaml is for.
enum Shop {
  static let headquarters = ReplicaID(1)
  static let branches: [String: [ReplicaID]] = [
    "nanshan": [ReplicaID(2)],
    // Set up anew twice.
    "luohu": [ReplicaID(3), ReplicaID(7), ReplicaID(9)],
    "futian": [ReplicaID(4)],
    "no": [ReplicaID(5)],
    "8001": [ReplicaID(6)],
    "head-office": [ReplicaID(8)],
  ]

  static let schema: Schema = {
    do {
      let folder = try TemporaryFolder()
      let database = try Database(path: folder.path("shop.db"), mode: .create)
      try database.executeScript(
        String(contentsOf: projectFile("deploy/policy.example.sql"), encoding: .utf8))
      return try SchemaReader.read(database, tables: nil)
    } catch {
      fatalError("The shop's tables could not be made: \(error)")
    }
  }()

  static let names = PolicyNames(schema: schema, headquarters: headquarters, branches: branches)

  static func projectFile(_ path: String) -> URL { projectFolder.appendingPathComponent(path) }

  static func table(_ name: String) -> TableSchema { schema.table(named: name)! }

  static func column(_ name: String, of table: String) -> ColumnID {
    self.table(table).columns.first { $0.name == name }!.id
  }
}
