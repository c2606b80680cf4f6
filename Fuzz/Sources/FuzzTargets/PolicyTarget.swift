internal import Clocks
internal import Deltas
internal import Merging
internal import Policies

/// A policy file that is read comes to a policy that prints as a file that comes to it again; one
/// that is not is told why, at places that it has.
package struct PolicyTarget: FuzzTarget {
  package static let name = "policy"
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    let file: PolicyFile
    do throws(PolicyFile.Refusal) {
      file = try PolicyFile(compiling: input, names: Self.names())
    } catch {
      try checkRefusal(error, lineCount: 1 + input.count { $0 == UInt8(ascii: "\n") })
      return
    }
    // Planted: a branch that was set up anew is known as it was before only.
    let text = file.policy.yaml(names: Self.names())
    let printed = try? PolicyFile(
      compiling: Array(text.utf8), names: Self.names(isForgetful: isBroken))
    try hold(printed != nil, "A policy prints as a file that is none.")
    try hold(printed?.policy == file.policy, "A policy prints as a file that says another.")
    try hold(
      printed?.policy.yaml(names: Self.names()) == text, "A policy prints as two files.")
    let decoded = try? MergePolicy.decoded(file.policy.encoded)
    try hold(decoded == file.policy, "A policy of a file is encoded as another.")
  }

  private func checkRefusal(_ refusal: PolicyFile.Refusal, lineCount: Int) throws(FuzzFinding) {
    try hold(refusal.remarks.contains { $0.kind == .error }, "A refusal has no error.")
    let places = refusal.remarks.map(\.place)
    try hold(places == places.sorted(), "Remarks are not in the order of the file.")
    try hold(
      places.allSatisfy { $0.column > 0 && 1...lineCount ~= $0.line },
      "A remark has a place outside the file.")
  }

  private static func names(isForgetful: Bool = false) -> PolicyNames {
    let branches = ["nanshan": [ReplicaID(2)], "luohu": [ReplicaID(3), ReplicaID(4)]]
    return PolicyNames(
      schema: schema, headquarters: ReplicaID(1),
      branches: isForgetful ? branches.mapValues { [$0[0]] } : branches)
  }

  private static let schema = Schema(
    tables: [
      table(1, "customers", ["id", "name", "points", "city", "street"], keyCount: 1),
      table(2, "lines", ["order", "number", "what"], keyCount: 2),
    ], otherSQL: [])

  private static func table(
    _ id: UInt16, _ name: String, _ columns: [String], keyCount: Int
  ) -> TableSchema {
    let ids = columns.indices.map { ColumnID(UInt16($0 + 1)) }
    return TableSchema(
      id: TableID(id), name: name,
      columns: zip(ids, columns).map { id, name in
        ColumnSchema(
          id: id, name: name, declaredType: "", affinity: .blob, isNotNull: false,
          collation: "BINARY")
      },
      keyColumns: Array(ids.prefix(keyCount)), isWithoutRowID: false, isStrict: false,
      createSQL: "")
  }
}
