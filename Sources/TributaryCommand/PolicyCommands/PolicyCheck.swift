internal import Deltas
internal import Merging
internal import Policies

/// What is to be said of a policy file.
struct PolicyCheck {
  let file: String
  private let names: PolicyNames
  private let result: Result<PolicyFile, PolicyFile.Refusal>
  /// Names of branches that could not be checked.
  private let unchecked: [String]

  init(file: String, tables: PolicyTables, text: [UInt8]) {
    self.file = file
    let result = Self.compiled(text, tables.names())
    guard !tables.knowsBranches, case .success(let policy) = result else {
      names = tables.names()
      unchecked = []
      self.result = result
      return
    }
    // Nobody knows who there is, so everybody is.
    unchecked = policy.absentBranches
    names = tables.names(assumed: unchecked)
    self.result = Self.compiled(text, names)
  }

  private static func compiled(
    _ text: [UInt8], _ names: PolicyNames
  ) -> Result<PolicyFile, PolicyFile.Refusal> {
    do throws(PolicyFile.Refusal) {
      return .success(try PolicyFile(compiling: text, names: names))
    } catch {
      return .failure(error)
    }
  }

  private var remarks: [PolicyRemark] {
    switch result {
    case .success(let policy): policy.warnings
    case .failure(let refusal): refusal.remarks
    }
  }

  private var untoldCount: Int {
    switch result {
    case .success(let policy): policy.untoldWarningCount
    case .failure(let refusal): refusal.untoldCount
    }
  }

  /// What the file comes to, if it is a policy.
  var policy: PolicyFile? { try? result.get() }

  /// Nil if the file is a policy.
  var failure: CommandFailure? {
    guard case .failure(let refusal) = result else { return nil }
    let count = refusal.remarks.count { $0.kind == .error }
    return CommandFailure(
      .badPolicy, undone: "\(ValueText.escaped(file)) is no policy.",
      why: refusal.untoldCount == 0
        ? "It has \(NumberText.counted(count, "error"))."
        : "It has more than \(NumberText.counted(count, "error")).",
      next: "Correct what is named above, then check again.")
  }

  // MARK: For people

  /// As compilers write them, for editors that can jump to the place.
  func remarkLines(style: TextStyle) -> [String] {
    let told = remarks.map { remark in
      let kind = remark.kind == .error ? style.bad("error") : style.warning("warning")
      return "\(ValueText.escaped(file)):\(remark.place): \(kind): \(remark.sentence)"
    }
    guard untoldCount > 0 else { return told }
    return told + ["and \(NumberText.counted(untoldCount, "remark")) more"]
  }

  func lines(style: TextStyle) -> [String] {
    guard case .success(let policy) = result else { return [] }
    let count = names.schema.tables.count
    var lines = [
      "\(ValueText.escaped(file)) is a policy for \(NumberText.counted(count, "table"))."
    ]
    for summary in policy.policy.summary(names: names) {
      let name = summary.table.map(ValueText.escaped) ?? Self.others(policy.policy)
      lines += ["", style.heading(name)] + summary.lines.map { "  " + ValueText.escaped($0) }
    }
    if !unchecked.isEmpty {
      let branches = unchecked.map(ValueText.escaped).joined(separator: ", ")
      lines += ["", "Not checked, since a database does not know the branches: \(branches)."]
    }
    return lines
  }

  private static func others(_ policy: MergePolicy) -> String {
    policy.tables.isEmpty ? "every table" : "every other table"
  }

  // MARK: For programs

  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(name: "file", value: .string(file)), .init(name: "valid", value: .bool(isValid)),
      .init(name: "remarks", value: .array(remarks.map(json))),
      .init(name: "untoldRemarks", value: .count(untoldCount)),
    ]
    guard case .success(let policy) = result else { return .object(members) }
    let absent = unchecked.isEmpty ? policy.absentBranches : unchecked
    let tables: [JSONValue] = policy.policy.summary(names: names).map { summary in
      [
        "table": .optional(summary.table), "says": .array(summary.lines.map { .string($0) }),
      ]
    }
    members.append(.init(name: "absentBranches", value: .array(absent.map { .string($0) })))
    members.append(.init(name: "tables", value: .array(tables)))
    return .object(members)
  }

  private var isValid: Bool {
    if case .success = result { true } else { false }
  }

  private func json(_ remark: PolicyRemark) -> JSONValue {
    [
      "line": .count(remark.place.line), "column": .count(remark.place.column),
      "kind": .string(remark.kind == .error ? "error" : "warning"),
      "says": .string(remark.sentence),
    ]
  }
}
