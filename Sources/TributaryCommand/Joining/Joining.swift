internal import Agent
internal import BranchStore
internal import Clocks
internal import Deltas
internal import Sessions
internal import Storage
internal import Transport

/// Makes a database a branch, in an order in which a failure leaves nothing behind: look at the
/// file, look at the hub, compare, and only then enrol, attach in one transaction, and sync.
struct Joining {
  let database: String
  let token: String
  let treatsEqualKeysAsSame: Bool
  let ownKeys: OwnKeyNames
  let waitMilliseconds: Int64
  let undone: String

  var folder: BranchFolder { BranchFolder(database: database) }

  /// Says what joining would do.
  func rehearse(asJSON: Bool) async throws -> ExitStatus {
    let plan: JoinPlan
    do {
      plan = try await self.plan(try Token(text: token))
    } catch let failure as CommandFailure where failure.code == .alreadyJoined {
      guard try storeWithoutKeys() != nil else { throw failure }
      if asJSON {
        Console.print(Self.adoptionJSON)
      } else {
        Console.print(adoptionSentence)
      }
      return .done
    }
    if asJSON {
      Console.print(plan.json)
    } else {
      Console.print(lines: plan.lines(style: Console.style))
    }
    return plan.wouldJoin ? .done : .failed
  }

  func join(asJSON: Bool) async throws -> ExitStatus {
    let token = try Token(text: token)
    do {
      return try await joinAnew(token, asJSON: asJSON)
    } catch let failure as CommandFailure where failure.code == .alreadyJoined {
      guard let store = try storeWithoutKeys() else { throw failure }
      return try await adopt(store, token, asJSON: asJSON)
    }
  }

  private func joinAnew(_ token: Token, asJSON: Bool) async throws -> ExitStatus {
    if try PendingEnrolment.isUnderWay(for: token, in: folder) {
      _ = try await PendingEnrolment(enrolling: token, in: folder)
    }
    let plan = try await plan(token)
    guard plan.wouldJoin else { throw plan.failure(undone: undone) }
    let earlier = try PendingEnrolment(for: token, in: folder)
    let enrolment: PendingEnrolment
    if let earlier {
      enrolment = earlier
    } else {
      enrolment = try await PendingEnrolment(enrolling: token, in: folder)
    }
    do {
      try attach(plan, enrolment, policy: try await policy(token))
    } catch {
      var failure = CommandFailure(error, undone: undone)
      failure.next += failure.next.isEmpty ? "" : " "
      failure.next += "The same command with the same token then works."
      throw failure
    }
    folder.removeFile(folder.enrolment)
    return try await firstSync(plan, enrolment, asJSON: asJSON)
  }

  // MARK: Steps

  /// Looks at the file and the hub, and compares them.
  private func plan(_ token: Token) async throws -> JoinPlan {
    let target = try JoinTarget(
      path: database, waitMilliseconds: waitMilliseconds, undone: undone)
    let version = try target.database?.dataVersion()
    let line = try await line(for: token)
    let description = try await line.describe()
    if target.exists {
      try checkFits(description.schema)
      try checkKeys(description.schema)
    }
    var comparison: BranchComparison?
    var tables: [TableComparison] = []
    if let database = target.database {
      let made = BranchComparison(
        database: database, schema: description.schema, isNaming: false)
      var driver = ComparisonDriver(line: line)
      tables = try await driver.run(made)
      comparison = made
    }
    await line.close()
    return JoinPlan(
      schema: description.schema, tables: tables,
      untracked: try target.untracked(by: description.schema), comparison: comparison,
      target: target, version: version, treatsEqualKeysAsSame: treatsEqualKeysAsSame,
      hasOwnKeys: ownKeys.scope == .everything)
  }

  /// The hub's policy, which tells it to devices that have enrolled: it says what is captured of
  /// each write, and may name columns that hold keys.
  private func policy(_ token: Token) async throws -> PolicyResponse {
    let line = try await line(for: token)
    let answer = try await line.ask(.policy)
    await line.close()
    guard case .policy(let policy) = answer else { throw HubLine.unexpectedAnswer }
    return policy
  }

  /// As a device, if an earlier try has enrolled it; else with the token, which stays unused.
  private func line(for token: Token) async throws -> HubLine {
    guard try PendingEnrolment(for: token, in: folder) != nil else {
      return .token(try await HubPreview(token))
    }
    return .device(
      try HubConnection(url: token.url, identity: try DeviceIdentity(folder: folder.path)))
  }

  private func checkFits(_ schema: Schema) throws {
    let obstacles = try BranchStore.obstacles(path: database, schema: schema)
    guard !obstacles.isEmpty else { return }
    throw CommandFailure(
      .schemaMismatch, undone: undone,
      why: "Its tables are not those of the hub.\n" + obstacles.joined(separator: "\n"),
      next: "Nothing was changed, and the token is still good. Bring the tables to the hub’s"
        + " schema, or join with a file that does not exist yet.")
  }

  /// What stands in the way of the keys' being the file's own.
  private func keyObstacles(_ schema: Schema, policy: [UInt8]? = nil) throws -> [String] {
    // Which numbers the rows get does not matter yet.
    guard var keys = ownKeys.keys(of: ReplicaID(1)) else { return [] }
    if let policy { keys = try keys.following(policy: policy) }
    return try BranchStore.obstacles(path: database, schema: schema, ownKeys: keys)
  }

  /// Whether the file's keys can be its own, if all are to be.
  private func checkKeys(_ schema: Schema) throws {
    guard ownKeys.scope == .everything else { return }
    let obstacles = try keyObstacles(schema)
    guard !obstacles.isEmpty else { return }
    throw CommandFailure(
      .keysNotSafe, undone: undone,
      why: "Its keys cannot be its own.\n" + obstacles.joined(separator: "\n"),
      next: "Nothing was changed, and the token is still good. For a column that may hold another"
        + " table’s keys say which with --refers table.column=table, or that it does not with"
        + " --plain table.column.")
  }

  private func attach(
    _ plan: JoinPlan, _ enrolment: PendingEnrolment, policy: PolicyResponse
  ) throws {
    let answer = enrolment.answer
    let identity = BranchIdentity(
      replica: answer.replica, branch: answer.branch, hubURL: enrolment.token.url.description,
      generation: answer.generation)
    _ = try BranchStore.attach(
      path: database, identity: identity, schema: answer.schema,
      wallMilliseconds: WallClock.systemMilliseconds(),
      policy: policy.version == 0
        ? nil : ToldPolicy(version: policy.version, encoded: policy.encoded),
      ownKeys: try ownKeys.keys(of: answer.replica)?.following(policy: policy.encoded),
      isKnown: plan.known())
    guard ownKeys.scope == .newNumbers else { return }
    for obstacle in try keyObstacles(answer.schema, policy: policy.encoded) {
      Console.note(
        obstacle + " So the numbers that SQLite gives there are shared: two branches may give one"
          + " to two records. If that may happen, leave and join again with --refers or --plain.")
    }
  }

  private func firstSync(
    _ plan: JoinPlan, _ enrolment: PendingEnrolment, asJSON: Bool
  ) async throws -> ExitStatus {
    let result: SyncResult
    do {
      let line = try BranchLine(
        database: database, waitMilliseconds: waitMilliseconds, undone: undone)
      result = try await line.sync(showsProgress: true)
      await line.close()
    } catch {
      throw CommandFailure(
        error, undone: "\(database) has joined, but its first sync did not come to its end.")
    }
    for note in result.notes { Console.note(note) }
    let report = JoinReport(plan: plan, enrolment: enrolment, result: result)
    if asJSON {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines)
    }
    return result.status
  }
}
