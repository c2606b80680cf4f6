internal import ArgumentParser
internal import HubServer
internal import HubStore
internal import Logging
internal import Transport

/// `tributary hub serve DIR`
struct HubServeCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve a hub over HTTPS.",
    discussion: """
      Prints one line on standard output when it is ready: ready https://HOST:PORT. Its log goes \
      to standard error. SIGTERM or SIGINT: finishes what is in flight, then exits 0. Port 0 takes \
      a free one.

        tributary hub serve /srv/hub --listen 0.0.0.0:8443

      Exit codes: 0; 1 it cannot listen there; 10 not a hub; 11 another process serves it.
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @Option(help: ArgumentHelp("The address to listen on.", valueName: "host:port"))
  var listen = "127.0.0.1:8443"

  @Option(
    help: ArgumentHelp(
      """
      Another DNS name or IP address under which branches reach the hub: its certificate gets it; \
      repeat for more.
      """, valueName: "name"))
  var host: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      How long a branch may be silent before the hub keeps for it only what its return needs; it \
      then gets the rows as they stand.
      """, valueName: "time"))
  var awayLimit = TimeSpan.ninetyDays

  @Option(
    help: ArgumentHelp(
      """
      How long every value that a row has had stays readable with `tributary history`, once all \
      branches are past it; none keeps nothing, and removes what is kept.
      """, valueName: "time"))
  var keepHistory = HistorySpan.twoYears

  @Option(
    help: ArgumentHelp(
      "The most that the history may take, in MiB; its oldest part goes.", valueName: "MiB"))
  var historySize: Int?

  var undone: String { "\(folder) is not being served." }

  private var address: HubURL? {
    HubURL(authority: listen, defaultPort: HubInterface.defaultPort)
  }

  func validate() throws {
    guard address != nil else {
      throw ValidationError("“\(listen)” is no address such as 127.0.0.1:8443 or [::1]:8443.")
    }
    if let historySize, !(1...Self.historySizeMax).contains(historySize) {
      throw ValidationError("--history-size is from 1 to \(Self.historySizeMax).")
    }
  }

  /// A tebibyte of mebibytes, a thousand times.
  private static let historySizeMax = 1 << 30

  private func note(_ doubt: ServingMark.Doubt, _ store: HubStore) throws {
    if doubt.isCopy { try store.doubtFloors() }
    Console.note(
      "\(doubt.what) If it was moved, all is well. If it is a copy and the other is still served,"
        + " stop one of the two: branches would meet both. A backup is put back with"
        + " `tributary hub restore`.")
  }

  private func credentials() throws -> HubCredentials {
    let credentials = try HubCredentials(folder: HubCredentials.folder(ofHub: folder))
    do {
      return try credentials.renewedIfDue(
        addingHostNames: host, wallMilliseconds: WallClock.systemMilliseconds())
    } catch {
      guard case .requestRefused(let why) = error else { throw error }
      throw CommandFailure(
        .badHostName, undone: undone, why: CommandFailure.sentence(why),
        next: "Correct the names given with --host.")
    }
  }

  func perform() async throws -> ExitStatus {
    guard let address else { return .usage }
    // Looked at first, so that a folder that is no hub is called so.
    let store = try HubAccess.open(folder, undone: undone)
    let lock = try FileLock.forServing(folder, undone: undone)
    let credentials = try self.credentials()
    let mark = ServingMark(folder: folder)
    if let doubt = try mark.doubt(about: store) { try note(doubt, store) }
    let service = try StoreHubService(
      store: store, credentials: credentials, awayMilliseconds: awayLimit.milliseconds,
      historyMilliseconds: keepHistory.milliseconds,
      historyBytesMax: historySize.map { $0 << 20 })
    try mark.write(for: store)
    let server = try HubServer(
      credentials: credentials, service: service,
      listen: address,
      logger: Logger(label: "tributary.hub") { StreamLog(label: $0) })
    let signals = Interruption.listen { _ in server.stop() }
    defer { withExtendedLifetime((lock, signals)) {} }
    try await server.run { url in Console.print("ready \(url)") }
    return .done
  }
}
