package import Clocks
internal import Deltas
internal import Merging
package import Policies
internal import Storage

/// What the names in a policy mean at this hub.
extension HubStore {
  /// The tables, headquarters, and everyone who was ever called by a branch's name.
  package func policyNames() throws -> PolicyNames {
    let headquarters = try headquartersID()
    var branches: [String: [ReplicaID]] = [:]
    for (replica, name) in try names().sorted(by: { $0.key < $1.key })
    where replica != headquarters {
      branches[Self.formerName(name, of: replica), default: []].append(replica)
    }
    return PolicyNames(
      schema: schema, headquarters: headquarters ?? .hub, branches: branches)
  }

  /// The number of the hub's own chain, or nil before it is first needed.
  package func headquartersID() throws -> ReplicaID? {
    try storing("look up headquarters") {
      try database.firstRow(HubSQL.selectReplicaNamed, [.text(Self.headquartersName)])
        .map { $0[0].asReplica }
    }
  }

  /// Gives headquarters a number, so that policies can name them.
  package func registerHeadquarters(wallMilliseconds: Int64) throws {
    try storing("register headquarters") {
      try database.transaction { _ = try headquarters(wallMilliseconds: wallMilliseconds) }
    }
  }

  /// A branch that was set up anew has its name; whoever had it before has it with a number.
  private static func formerName(_ name: String, of replica: ReplicaID) -> String {
    let suffix = " #\(replica.rawValue)"
    return name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
  }

  /// Inside a transaction, when who is called what has changed: what the policy's text comes to
  /// now. A text that comes to nothing any more stays as it was.
  func recompilePolicy() throws {
    guard let row = try database.firstRow(HubSQL.selectLastPolicy), !row[3].asText.isEmpty else {
      return
    }
    let names = try policyNames()
    let compiled: PolicyFile
    do throws(PolicyFile.Refusal) {
      compiled = try PolicyFile(
        compiling: Array(row[3].asText.utf8), names: names, registry: rules)
    } catch {
      return
    }
    let encoded = compiled.policy.encoded
    guard encoded != row[4].asBytes else { return }
    try database.execute(
      HubSQL.updatePolicy, [row[0], .blob(encoded), Value(compiled.policy.contentHash)])
  }
}
