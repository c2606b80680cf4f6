internal import BranchStore
internal import Deltas
internal import HubStore
internal import Sessions
internal import Transport

/// Looks at everything that a branch or a hub stands on. Changes nothing.
struct Examination {
  let place: String
  let undone: String

  typealias Finding = ExaminationReport.Finding

  /// A clock that is further off deserves a look; nothing breaks by it.
  static let clockMillisecondsMax: Int64 = 60_000
  /// For so long, what people were told is a finding.
  static let noticeMilliseconds = 7 * CredentialLifetimes.day
  private static let certificateMillisecondsMin = 30 * CredentialLifetimes.day
  private static let connectMillisecondsMax: Int64 = 5_000

  func run() async throws -> ExaminationReport {
    switch try Place(place, undone: undone) {
    case .branch(let store): try await examine(store)
    case .hub(let store): try examine(store)
    }
  }

  // MARK: A branch

  private func examine(_ store: BranchStore) async throws -> ExaminationReport {
    var report = ExaminationReport()
    report.findings = try store.check().map {
      Finding(isWell: $0.isOK, what: $0.what, whatToDo: $0.whatToDo)
    }
    let status = try store.status()
    if status.lastContactMilliseconds != nil {
      report.findings.append(clock(status.clockOffsetMilliseconds))
    }
    report.findings += kept(status)
    let identity: DeviceIdentity
    do throws(CredentialError) {
      identity = try DeviceIdentity(folder: BranchFolder(database: store.path).path)
      report.findings.append(try certificate(identity.certificatePEM, "device"))
    } catch {
      report.findings.append(
        .ill(
          "The device’s identity cannot be used: \(error.message)",
          "Restore the folder \(store.path)-tributary from a backup of this machine; or take a new"
            + " token: tributary join \(store.path) TOKEN gives the database an identity of its"
            + " own."))
      return report
    }
    report.findings.append(try await hub(of: store, identity))
    return report
  }

  /// What the branch keeps for the hub, what waits to be compared, what its people were told.
  private func kept(_ status: BranchStatus) -> [Finding] {
    let bytes = NumberText.bytes(status.tailByteCount)
    var findings: [Finding] = []
    if status.tailByteCount > Self.keptBytesMax {
      findings.append(
        .ill(
          "\(bytes) are kept here because no backup of the hub has them yet.",
          "Let the hub’s operator run `tributary hub backup`, every night at least."))
    } else {
      findings.append(.well("\(bytes) are kept here until a backup of the hub has them."))
    }
    if !status.gapTables.isEmpty {
      findings.append(
        .ill(
          "\(NumberText.counted(status.gapTables.count, "table")) may differ from the hub’s.",
          "Sync: they are compared, and what differs is healed."))
    }
    let now = WallClock.systemMilliseconds()
    for notice in status.notices where now - notice.milliseconds < Self.noticeMilliseconds {
      findings.append(
        .ill(
          ValueText.escaped(notice.text), "Ask who uses the other one, or the hub’s operator."))
    }
    return findings
  }

  private static let keptBytesMax = 256 << 20

  private func hub(of store: BranchStore, _ identity: DeviceIdentity) async throws -> Finding {
    let connection = try HubConnection(
      url: try BranchLine.url(of: store, undone: undone), identity: identity,
      timeouts: HubTimeouts(connectMilliseconds: Self.connectMillisecondsMax))
    let finding: Finding
    do {
      let description = try await HubLine.device(connection).describe()
      if description.head < (try store.position()) {
        finding = .ill(
          "The hub at \(connection.url) lacks what this branch has seen: it was restored.",
          "Sync: the branch gives back what the hub lost.")
      } else if description.schema.fingerprint != store.known.fingerprint {
        finding = .ill(
          "The hub’s tables are not those of this branch.", "Sync: each tells the other.")
      } else {
        finding = .well("The hub at \(connection.url) answers.")
      }
    } catch {
      let failure = CommandFailure(error, undone: "")
      finding = .ill("The hub at \(connection.url) was asked in vain.", failure.why)
    }
    await connection.close()
    return finding
  }

  // MARK: Common

  private func clock(_ offset: Int64) -> Finding {
    guard offset.magnitude > Self.clockMillisecondsMax else {
      return .well("The clock agrees with the hub’s (\(TimeText.offset(milliseconds: offset))).")
    }
    return .ill(
      "The clock is \(TimeText.span(milliseconds: Int64(clamping: offset.magnitude)))"
        + " \(offset > 0 ? "behind" : "ahead of") the hub’s.",
      "Set it. Times of writes are corrected at each sync, so nothing is wrong in the data.")
  }

  func certificate(
    _ pem: String, _ what: String
  ) throws(CredentialError) -> Finding {
    let facts = try CertificateFacts(pem: pem)
    let left = facts.notAfterMilliseconds - WallClock.systemMilliseconds()
    let end = TimeText.iso8601(milliseconds: facts.notAfterMilliseconds).prefix(10)
    guard left < Self.certificateMillisecondsMin else {
      return .well("The \(what)’s certificate is good until \(end).")
    }
    let advice =
      what == "device"
      ? "Ask the hub’s operator for a new token, leave, and join again."
      : "Restart `tributary hub serve`, which renews it."
    return .ill(
      left < 0
        ? "The \(what)’s certificate ended on \(end)."
        : "The \(what)’s certificate ends soon, on \(end).", advice)
  }
}
