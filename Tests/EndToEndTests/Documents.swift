/// What `--json` prints: the fields that are promised.
struct SyncDocument: Decodable, Equatable {
  struct Pushed: Decodable, Equatable { var changesets: Int, rows: Int, bytes: Int }
  struct Pulled: Decodable, Equatable { var rows: Int, bytes: Int }
  struct Conflicts: Decodable, Equatable { var open: Int, settled: Int }
  var pushed: Pushed
  var pulled: Pulled
  var conflicts: Conflicts
  var quarantined: Int
  var clockOffsetMilliseconds: Int64
  var roundTrips: Int
  var elapsedMilliseconds: Int64
}

struct DigestDocument: Decodable, Equatable {
  struct Table: Decodable, Equatable { var rows: Int, digest: String }
  var tables: [String: Table]
}

struct StatusDocument: Decodable {
  struct Pending: Decodable { var rows: Int }
  var branch: String
  var pending: Pending
  var openConflicts: Int
  var quarantined: Int
  var position: UInt64
  var generation: String
}

struct ConflictsDocument: Decodable {
  struct Conflict: Decodable {
    struct Value: Decodable {
      var branch: String
      /// Nil for a deletion.
      var value: SQLValue?
      var at: String?
    }
    var table: String
    var column: String?
    var values: [Value]
    /// Nil if the row does not stand.
    var standing: SQLValue?
    var rule: String
    var state: String
  }
  var conflicts: [Conflict]
}

struct VectorDocument: Decodable {
  var generation: String
  var position: UInt64
  var vector: [String: UInt64]
}

struct BranchesDocument: Decodable {
  struct Branch: Decodable {
    var name: String
    var state: String
  }
  var branches: [Branch]
}

/// What `account.py` prints.
struct AccountDocument: Decodable {
  var writes: Int
  var fates: [String: Int]
  var conflicts: Int
  var findingCount: Int
  var findings: [String]
}
