internal import Clocks
internal import Deltas
internal import Storage

extension HubStore {
  /// Something that was looked at.
  package struct Finding: Hashable, Sendable {
    package var isOK: Bool
    package var what: String
    /// Empty if all is well.
    package var whatToDo: String
  }

  /// Looks whether the store is whole and says what it found. Reads the whole file.
  package func check() throws -> [Finding] {
    try storing("check its store") {
      try database.readTransaction {
        try refreshSchema()
        try refreshPolicy()
        return [
          try checkFile(), try checkSchema(), try checkLog(), try checkChains(),
          try checkPolicy(), try checkHistory(), try checkReferences(), try checkQuarantine(),
        ]
      }
    }
  }

  private func checkFile() throws -> Finding {
    let answers = try database.rows(HubSQL.quickCheck).map { $0[0].asText }
    let isOK = answers == ["ok"]
    return Finding(
      isOK: isOK,
      what: isOK ? "The file is whole." : "The file is damaged: \(answers.first ?? "").",
      whatToDo: isOK ? "" : "Restore the hub from its last backup.")
  }

  private func checkSchema() throws -> Finding {
    let differences = try SchemaReader.differences(expected: schema, in: database)
    return Finding(
      isOK: differences.isEmpty,
      what: differences.first
        ?? "The consolidated tables are those of the schema (\(schema.tables.count)).",
      whatToDo: differences.isEmpty
        ? "" : "Undo what was changed in hub.db besides the engine, or restore the hub.")
  }

  private func checkLog() throws -> Finding {
    let gaps = try database.integer(HubSQL.checkLogGaps) ?? 0
    let short = try database.integer(HubSQL.checkFrames) ?? 0
    let head = try log.head()
    let isOK = gaps == 0 && short == 0
    return Finding(
      isOK: isOK,
      what: isOK
        ? "The log is whole up to position \(head)."
        : "The log has \(gaps) gaps, and \(short) entries lack frames.",
      whatToDo: isOK ? "" : "Restore the hub from its last backup.")
  }

  /// After a restore it is the one of the backup, and branches go back to it.
  private func checkPolicy() throws -> Finding {
    let version = try database.integer(HubSQL.selectLastPolicyVersion) ?? 0
    return Finding(
      isOK: true,
      what: version == 0
        ? "No merge policy was published: the latest write stands everywhere."
        : "Version \(version) of the merge policy is in force.",
      whatToDo: "")
  }

  private func checkChains() throws -> Finding {
    let broken = try database.rows(HubSQL.checkChains).map { $0[0].asText }
    return Finding(
      isOK: broken.isEmpty,
      what: broken.isEmpty
        ? "The registry and the log agree on every branch's chain."
        : "The registry and the log disagree on the chain of \(broken.joined(separator: ", ")).",
      whatToDo: broken.isEmpty ? "" : "Restore the hub from its last backup.")
  }
}
