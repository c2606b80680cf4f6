internal import Basics
internal import Deltas
internal import Merging
internal import Storage

/// The merge policy. A branch does not merge; from the policy it knows what to capture and how much
/// of a row to send.
extension BranchStore {
  /// The policy in force.
  package func policy() throws -> BranchPolicy {
    try performing { try storedPolicy() ?? .none }
  }

  /// Puts a policy in force that the hub has told, by its canonical bytes.
  ///
  /// One transaction, in which what was captured meanwhile is sealed under the policy before.
  /// Throws where the bytes are no policy that this program can follow; then nothing is changed.
  package func adopt(
    policy bytes: [UInt8], version: UInt64, wallMilliseconds: Int64
  ) throws -> SealReport {
    try performing {
      let policy = BranchPolicy(
        version: version, contentHash: ContentHash(of: bytes), policy: try decoded(bytes))
      let stored = try storedPolicy()
      if let stored, stored.isSame(as: policy) { return SealReport() }
      return try database.transaction {
        var state = try BranchState(database)
        var report = try seal(&state, wallMilliseconds: wallMilliseconds)
        try state.save(to: database)
        if let stored, let text = Self.setBack(from: stored, to: policy) {
          report.notices.append(try say(text, wallMilliseconds: wallMilliseconds))
        }
        let before = tables
        try release(
          before.filter { $0.isWithheld && !policy.policy.withholds($0.schema.id) }.map(\.schema),
          wallMilliseconds: wallMilliseconds)
        try database.execute(
          BranchSQL.putPolicy,
          [
            .integer(Int64(bitPattern: version)), .blob(policy.contentHash.bytes), .blob(bytes),
          ])
        follow(policy)
        try captureAnew(from: before)
        return report
      }
    }
  }

  /// Tables whose rows stayed at the hub go to all from now on. A hub does not say so while it has
  /// such rows: it was restored from before it was told to keep them. They are to be compared, and
  /// people are told.
  private func release(_ tables: [TableSchema], wallMilliseconds: Int64) throws {
    guard !tables.isEmpty else { return }
    try openGaps(tables.map(\.id), isSent: true)
    let names = tables.map { "“\($0.name)”" }.joined(separator: ", ")
    try database.execute(
      BranchSQL.insertNotice,
      [
        .integer(0), .integer(wallMilliseconds),
        .text(
          """
          The hub does not keep what branches write in \(names) to itself any more. If it was \
          restored, let its operator publish the policy again that has `direction: up`: until then \
          it goes to all.
          """),
      ])
  }

  /// What people are told if the hub has another policy under an earlier number than the branch has
  /// heard of: versions only ever count on, so it was put back to before that.
  private static func setBack(from stored: BranchPolicy, to policy: BranchPolicy) -> String? {
    guard policy.version <= stored.version, policy.contentHash != stored.contentHash else {
      return nil
    }
    let now =
      policy.version == 0
      ? "no merge policy" : "version \(policy.version) of the merge policy"
    return """
      The hub was put back to an earlier state: it has \(now) in force, and this branch had \
      version \(stored.version). What the hub has holds now, here as at all branches. If something \
      else should hold, publish that again at the hub: tributary policy publish.
      """
  }

  /// Puts the policy in force for a database that is being attached: nothing was captured yet.
  static func install(
    _ told: ToldPolicy, schema: Schema, keys: KeyTranslation?, registry: RuleRegistry,
    in database: Database
  ) throws {
    let policy: MergePolicy
    do throws(PolicyDecodingError) {
      policy = try MergePolicy.decoded(told.encoded, registry: registry)
    } catch {
      // The first sync is told it again, and says what is wrong with it.
      return
    }
    try database.execute(
      BranchSQL.putPolicy,
      [
        .integer(Int64(bitPattern: told.version)), .blob(policy.contentHash.bytes),
        .blob(told.encoded),
      ])
    for table in tables(schema, policy: policy, keys: keys) where table.isCounting {
      for sql in BranchSQL.remakeJournal(table) { try database.executeScript(sql) }
      for trigger in try triggers(of: table, in: database) {
        try database.executeScript(BranchSQL.dropTriggerIfExists(trigger.name))
        try database.executeScript(trigger.sql)
      }
    }
  }

  /// Follows the policy in the file: another process may have put one in force meanwhile.
  func refreshPolicy() throws {
    let hash = try database.firstRow(BranchSQL.selectPolicyHash)?.first
    guard hash != followed.map({ .blob($0.bytes) }) else { return }
    follow(try storedPolicy())
  }

  private func storedPolicy() throws -> BranchPolicy? {
    guard let row = try database.firstRow(BranchSQL.selectPolicy) else { return nil }
    guard case .integer(let version) = row[0], case .blob(let bytes) = row[1] else {
      throw BranchStoreError.damaged("the policy has an impossible value")
    }
    return BranchPolicy(
      version: UInt64(bitPattern: version), contentHash: ContentHash(of: bytes),
      policy: try decoded(bytes))
  }

  private func decoded(_ bytes: [UInt8]) throws -> MergePolicy {
    do throws(PolicyDecodingError) {
      return try MergePolicy.decoded(bytes, registry: registry)
    } catch {
      throw BranchStoreError.policyNotUsable(error)
    }
  }

  /// Makes capture what the tables want now. Journals are sealed, so that what is left in them are
  /// rows that go whole.
  private func captureAnew(from before: [TrackedTable]) throws {
    for (old, new) in zip(before, tables) where old.isCounting != new.isCounting {
      for sql in BranchSQL.remakeJournal(new) { try database.executeScript(sql) }
      guard !new.isCounting else { continue }
      let name = BranchSQL.replacementName(new.schema.id)
      try database.executeScript(BranchSQL.dropTriggerIfExists(name))
    }
    for trigger in try damagedTriggers() { try restore(trigger) }
  }
}
