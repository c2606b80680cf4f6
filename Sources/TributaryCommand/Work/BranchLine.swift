internal import Agent
internal import BranchStore
internal import FoundationEssentials
internal import Sessions
internal import Storage
internal import Transport

/// A branch opened for talking to its hub: its store, its identity and the line to the hub.
final class BranchLine {
  private(set) var store: BranchStore
  let folder: BranchFolder
  /// With the identity that stands.
  private(set) var connection: HubConnection
  private var identity: DeviceIdentity
  private let waitMilliseconds: Int64
  private let undone: String

  /// - Parameter usesPending: Whether requests go out as the identity that is pending, for a
  ///   database that was copied without its key.
  init(
    database: String, waitMilliseconds: Int64, undone: String, usesPending: Bool = false
  ) throws {
    self.undone = undone
    self.waitMilliseconds = waitMilliseconds
    store = try BranchAccess.openForWriting(database, undone: undone)
    try store.database.setBusyTimeout(milliseconds: Int32(clamping: waitMilliseconds))
    folder = BranchFolder(database: database)
    let url = try Self.url(of: store, undone: undone)
    try Self.finishChange(in: folder, of: store)
    identity = try DeviceIdentity(folder: usesPending ? folder.pending.path : folder.path)
    connection = try HubConnection(url: url, identity: identity)
  }

  /// What a crash has left of a change of identity that the database has: the files follow.
  static func finishChange(in folder: BranchFolder, of store: BranchStore) throws {
    guard folder.pending.exists,
      let certified = try DeviceIdentity.certified(in: folder.pending.path),
      certified.replica == store.identity.replica
    else { return }
    try DeviceIdentity.move(from: folder.pending.path, to: folder.path)
  }

  /// Where the branch's hub is, as the database has it.
  static func url(of store: BranchStore, undone: String) throws(CommandFailure) -> HubURL {
    guard let url = HubURL(store.identity.hubURL) else {
      throw CommandFailure(
        .damaged, undone: undone,
        why: "The hub's address “\(store.identity.hubURL)” in the database is none.",
        next: "Leave and join again.")
    }
    return url
  }

  /// One sync, while no other process syncs this database.
  ///
  /// - Parameter isComparingAll: Whether every table is compared with the hub's afterwards, and
  ///   what differs is healed.
  func sync(showsProgress: Bool = false, isComparingAll: Bool = false) async throws -> SyncResult {
    let lock = try await FileLock.forSync(
      of: folder, timeoutMilliseconds: waitMilliseconds, undone: undone)
    defer { withExtendedLifetime(lock) {} }
    try await refresh()
    let engine = BranchEngine(
      store: store, stagingFolder: folder.path, isComparingAll: isComparingAll)
    var driver = SyncDriver(
      line: self, engine: engine, undone: undone,
      progress: showsProgress ? Progress() : Progress(isShown: false))
    return try await driver.sync()
  }

  /// The first sync of a database that was copied without its key, as the identity that lies in the
  /// pending folder. The lock is the caller's.
  func sync(adopting next: NewIdentity) async throws -> SyncResult {
    let engine = BranchEngine(store: store, stagingFolder: folder.path, adopting: next)
    var driver = SyncDriver(line: self, engine: engine, undone: undone, progress: Progress())
    return try await driver.sync()
  }

  func close() async { await connection.close() }

  // MARK: Identity

  /// Another process may have given the database another identity, or died while doing so.
  private func refresh() async throws {
    let found = try BranchAccess.openForWriting(store.path, undone: undone)
    if found.identity != store.identity {
      try found.database.setBusyTimeout(milliseconds: Int32(clamping: waitMilliseconds))
      store = found
    }
    try tidy()
    let standing = try DeviceIdentity(folder: folder.path)
    let url = try Self.url(of: store, undone: undone)
    if standing != identity || url != connection.url { try await use(standing) }
  }

  /// An identity that is pending stands once the database has it, and is of no use before.
  private func tidy() throws {
    guard folder.pending.exists else { return }
    try Self.finishChange(in: folder, of: store)
    try folder.pending.remove()
  }

  private func use(_ next: DeviceIdentity) async throws {
    await connection.close()
    identity = next
    connection = try HubConnection(
      url: try Self.url(of: store, undone: undone), identity: next)
  }

  /// Enrols with a new key, which waits in the pending folder; requests go out with it from now on.
  func enrol(_ offer: ForkOffer) async throws -> NewIdentity {
    let authority = try CertificateFacts(pem: identity.authorityPEM)
    guard
      let token = Token(
        url: connection.url, authorityFingerprint: authority.fingerprint, secret: offer.secret)
    else {
      throw TransportError.notATributaryHub("it offered an identity that cannot be redeemed")
    }
    let enrolment = try await PendingEnrolment(enrolling: token, in: folder.pending)
    try await use(try DeviceIdentity(folder: folder.pending.path))
    return NewIdentity(replica: enrolment.answer.replica, branch: enrolment.answer.branch)
  }

  /// The database has the identity that was pending.
  func noteIdentity() throws { try tidy() }
}
