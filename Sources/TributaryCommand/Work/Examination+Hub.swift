internal import Basics
internal import Clocks
internal import Glibc
internal import HubStore
internal import Transport

/// What a hub stands on.
extension Examination {
  private static let backupMillisecondsMax = 7 * CredentialLifetimes.day
  static let awayMillisecondsDefault = 90 * CredentialLifetimes.day

  func examine(_ store: HubStore) throws -> ExaminationReport {
    var report = ExaminationReport()
    report.findings = try store.check().map {
      Finding(isWell: $0.isOK, what: $0.what, whatToDo: $0.whatToDo)
    }
    do throws(CredentialError) {
      let credentials = try HubCredentials(folder: HubCredentials.folder(ofHub: store.folder))
      report.findings.append(try certificate(credentials.server.certificatePEM, "server"))
      report.findings.append(
        try certificate(credentials.authority.certificatePEM, "certificate authority"))
    } catch {
      report.findings.append(.ill("The hub’s certificates cannot be used.", error.message))
    }
    let now = WallClock.systemMilliseconds()
    report.findings.append(try backup(of: store, now))
    report.findings.append(room(for: store))
    report.findings += try losses(of: store)
    report.findings += try branches(of: store, now)
    report.findings += try strangers(of: store, now)
    report.findings += try notices(of: store, now)
    return report
  }

  private func strangers(of store: HubStore, _ now: Int64) throws -> [Finding] {
    try store.strangers().compactMap { stranger -> Finding? in
      guard !stranger.isRevoked, let last = stranger.lastMilliseconds,
        now - last < Self.noticeMilliseconds
      else { return nil }
      let name = stranger.name.map { " said to be “\(ValueText.escaped($0))”" } ?? ""
      return .ill(
        "A device\(name) was here \(TimeText.span(milliseconds: now - last)) ago whose certificate"
          + " the hub does not know: it joined after the backup that was restored.",
        "If it should not take part, revoke it, and its new name if it has one:"
          + " tributary hub revoke \(store.folder) --certificate"
          + " \(stranger.fingerprint.shortDescription)")
    }
  }

  private func backup(of store: HubStore, _ now: Int64) throws -> Finding {
    let last = try store.lastBackup()
    let head = try store.head()
    let behind = Int(clamping: head.rawValue) - Int(clamping: last.place.position.rawValue)
    let since = try last.milliseconds ?? store.createdMilliseconds()
    let age = TimeText.span(milliseconds: now - since)
    let what =
      last.number == 0
      ? "No backup was made yet; the log has \(NumberText.counted(behind, "changeset"))."
      : "The last backup is number \(last.number), \(age) old;"
        + " \(NumberText.counted(behind, "changeset")) came since."
    guard behind > 0, now - since > Self.backupMillisecondsMax else { return .well(what) }
    return .ill(
      what,
      "Make one: tributary hub backup \(store.folder) FILE, and let a timer make one every night."
        + " Until then branches keep what they know, so that they can give it back.")
  }

  /// A restore under a hub that is served needs its size once more.
  private func room(for store: HubStore) -> Finding {
    var disk = statvfs()
    var file = stat()
    guard statvfs(store.folder, &disk) == 0, stat(store.folder + "/hub.db", &file) == 0 else {
      return .ill("The disk of \(store.folder) cannot be asked.", "Look at the disk.")
    }
    let free = Int(clamping: UInt64(disk.f_bavail) * UInt64(disk.f_frsize))
    let what =
      "The store has \(NumberText.bytes(Int(file.st_size))), the disk"
      + " \(NumberText.bytes(free)) free."
    guard free < Int(file.st_size) else { return .well(what) }
    return .ill(what, "Make room before it is full: less is free than the store has.")
  }

  private func losses(of store: HubStore) throws -> [Finding] {
    var findings: [Finding] = []
    let count = try store.lossCount()
    findings.append(
      count == 0
        ? .well("Nothing is known to be lost.")
        : .ill(
          "\(NumberText.counted(count, "changeset")) of before a restore"
            + " \(count == 1 ? "was" : "were") given back by nobody.",
          "See: tributary hub losses \(store.folder)"))
    let kept = try store.salvaged().count
    if kept > 0 {
      findings.append(
        .ill(
          "\(NumberText.counted(kept, "changeset")) of retired branches"
            + " \(kept == 1 ? "waits" : "wait") for a decision.",
          "See: tributary hub salvage \(store.folder) list"))
    }
    return findings
  }

  private func branches(of store: HubStore, _ now: Int64) throws -> [Finding] {
    var findings: [Finding] = []
    for branch in try store.branches().map(\.replica) where branch.state == .active {
      let name = ValueText.escaped(branch.name)
      if let contact = branch.lastContactMilliseconds,
        now - contact > Self.awayMillisecondsDefault
      {
        findings.append(
          .ill(
            "\(name) was last here \(TimeText.span(milliseconds: now - contact)) ago.",
            "Find out why. If it will not come back: tributary hub retire \(store.folder) \(name)"
          ))
      }
      guard let offset = branch.clockOffsetMilliseconds,
        offset.magnitude > Self.clockMillisecondsMax
      else { continue }
      findings.append(
        .ill(
          "The clock of \(name) is off by"
            + " \(TimeText.span(milliseconds: Int64(clamping: offset.magnitude))).",
          "Set it. Times of its writes are corrected, so nothing is wrong in the data."))
    }
    return findings
  }

  private func notices(of store: HubStore, _ now: Int64) throws -> [Finding] {
    var told: [String] = []
    for notice in try store.notices(atMost: 100)
    where now - notice.milliseconds < Self.noticeMilliseconds && !told.contains(notice.text) {
      told.append(notice.text)
    }
    return told.map {
      .ill(ValueText.escaped($0), "See who it is: tributary hub branches \(store.folder)")
    }
  }
}
