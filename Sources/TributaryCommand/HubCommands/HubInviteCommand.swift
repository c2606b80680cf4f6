internal import ArgumentParser
internal import HubStore
internal import Transport

/// `tributary hub invite DIR --branch NAME`
struct HubInviteCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "invite",
    abstract: "Print a one-time token with which a new branch joins.",
    discussion: """
      The token carries the hub's address and the fingerprint of its certificate authority, so \
      that the branch knows whom it talks to. Whoever has it can join once: hand it over like a \
      password.

        tributary hub invite /srv/hub --branch Riverside
        tributary hub invite /srv/hub --branch Riverside --ttl 30m \\
          --url https://10.0.0.5:8443
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @Option(help: ArgumentHelp("The new branch's name.", valueName: "name"))
  var branch: String

  @Option(
    help: ArgumentHelp("How long the token is good for: 90s, 30m, 24h, 7d.", valueName: "time"))
  var ttl = TimeSpan.oneDay

  @Option(
    help: ArgumentHelp(
      "Where the branch reaches the hub (default: where it serves or last served).",
      valueName: "url"))
  var url: String?

  var undone: String { "No token was made for \(branch)." }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(folder, undone: undone)
    let credentials = try HubCredentials(folder: HubCredentials.folder(ofHub: folder))
    let url = try address(of: store)
    let secret = Token.makeSecret()
    guard
      let token = Token(
        url: url, authorityFingerprint: credentials.authority.fingerprint, secret: secret)
    else {
      throw CommandFailure(
        .unexpected, undone: undone, why: "The token could not be put together.",
        next: "Report this.")
    }
    let now = WallClock.systemMilliseconds()
    try store.createToken(
      branch: branch, secretHash: Token.hash(ofSecret: secret),
      expiresMilliseconds: now + ttl.milliseconds, wallMilliseconds: now)
    Console.print(token.text)
    return .done
  }

  private func address(of store: HubStore) throws -> HubURL {
    if let given = self.url {
      guard let address = HubURL(given) else {
        throw ValidationError("“\(given)” is no address such as https://hub.example.com:8443.")
      }
      return address
    }
    if let served = try store.servedURL(), let address = HubURL(served) { return address }
    throw CommandFailure(
      .hubNeverServed, undone: undone,
      why: "The hub has not been served yet, so its address is not known.",
      next: "Start it with `tributary hub serve \(folder)`, or give its address with --url.")
  }
}
