package import Merging

/// A merge policy as people wrote it, beside what it comes to.
package struct PolicyFile: Sendable {
  /// As written.
  package let text: String
  package let policy: MergePolicy
  /// In the order of the text.
  package let warnings: [PolicyRemark]
  /// Warnings beyond those.
  package let untoldWarningCount: Int
  /// Names of branches that nobody has yet, ascending. Compiled again when one of them joins, or
  /// when a branch gets another number, the text comes to another policy.
  package let absentBranches: [String]

  /// Why a text is no policy. It has at least one error.
  package struct Refusal: Error, Hashable, Sendable {
    /// Errors and warnings in the order of the text.
    package var remarks: [PolicyRemark]
    /// How many there are beyond those.
    package var untoldCount: Int
  }

  /// What a text comes to with a schema, the branches there are, and the rules there are. Throws
  /// all that is wrong with it at once. Linear in the text, times the names that a wrong one could
  /// be.
  package init(
    compiling text: [UInt8], names: PolicyNames, registry: RuleRegistry = .standard
  ) throws(Refusal) {
    var remarks = PolicyRemarks()
    let value = YAMLReader.read(text, remarks: &remarks)
    var compiler = PolicyCompiler(names: names, registry: registry, remarks: remarks)
    let policy = compiler.compile(value)
    guard let policy, !compiler.remarks.hasErrors else {
      throw Refusal(
        remarks: compiler.remarks.sorted, untoldCount: compiler.remarks.untoldCount)
    }
    self.text = String(decoding: text, as: UTF8.self)
    self.policy = policy
    warnings = compiler.remarks.sorted
    untoldWarningCount = compiler.remarks.untoldCount
    absentBranches = compiler.absentBranches.sorted()
  }
}
