internal import ArgumentParser
internal import Basics
internal import HubStore

/// `tributary hub revoke DIR NAME`
struct HubRevokeCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Refuse a branch's device from its next request on.",
    discussion: """
      What it has sent stays. For a lost or stolen machine, or a branch that has closed. To let \
      the branch return, invite it again.

        tributary hub revoke /srv/hub Riverside

      A hub that was restored may not know a device that joined after the backup. Refuse whoever \
      asks for an identity as that branch, or the certificate itself, of which `hub branches` and \
      `doctor` show the fingerprint once it has been here:

        tributary hub revoke /srv/hub Riverside --unknown
        tributary hub revoke /srv/hub --certificate 5c1f09ab33de
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @Argument(help: "The branch's name, as `hub branches` shows it.")
  var name: String?

  @Option(
    help: ArgumentHelp(
      "The fingerprint of the device's certificate: all of it, or its first 8 digits or more.",
      valueName: "fingerprint"))
  var certificate: String?

  @Flag(help: "Also if the hub knows no branch of this name.")
  var unknown = false

  var undone: String { "\(name ?? certificate ?? "Nobody") was not revoked." }

  func validate() throws {
    guard (name == nil) != (certificate == nil) else {
      throw ValidationError("Give the name of a branch, or --certificate.")
    }
    if unknown, name == nil { throw ValidationError("--unknown goes with the name of a branch.") }
    if let certificate, !Self.isFingerprint(certificate) {
      throw ValidationError("“\(certificate)” is no fingerprint: 8 to 64 hexadecimal digits.")
    }
  }

  private static func isFingerprint(_ text: String) -> Bool {
    (8...64).contains(text.utf8.count) && text.allSatisfy { $0.isASCII && $0.isHexDigit }
  }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(folder, undone: undone)
    if let certificate {
      let fingerprint = try fingerprint(certificate.lowercased(), in: store)
      let name = try store.revoke(certificate: fingerprint)
      let whose = name.map { ", the one of \(ValueText.escaped($0))," } ?? ""
      Console.print(
        "Certificate \(fingerprint.shortDescription)\(whose) is revoked and refused from its next"
          + " request on.")
    } else if let name {
      try revoke(name, store)
    }
    return .done
  }

  private func revoke(_ name: String, _ store: HubStore) throws {
    var isKnown = true
    do {
      try store.revoke(name: name)
    } catch HubStoreError.branchUnknown {
      guard unknown else {
        throw CommandFailure(
          .noSuchBranch, undone: undone, why: "The hub has no branch named “\(name)”.",
          next: "See `tributary hub branches \(folder)`. If the hub was restored from before the"
            + " branch joined, add --unknown.")
      }
      isKnown = false
    }
    if unknown { try store.refuseStrangers(named: name) }
    let shown = ValueText.escaped(name)
    Console.print(
      isKnown
        ? "\(shown) is revoked and refused from its next request on."
        : "The hub knows no \(shown); whoever asks for an identity under this name is refused.")
  }

  private func fingerprint(_ digits: String, in store: HubStore) throws -> ContentHash {
    if let whole = bytes(hexadecimal: digits).flatMap(ContentHash.init(bytes:)) { return whole }
    let found = try store.certificates(beginningWith: digits)
    guard let only = found.first, found.count == 1 else {
      throw CommandFailure(
        .noSuchBranch, undone: undone,
        why: found.isEmpty
          ? "The hub has seen no certificate whose fingerprint begins so."
          : "\(found.count) certificates have fingerprints that begin so.",
        next: found.isEmpty
          ? "Give the whole fingerprint, or see `tributary hub branches \(folder)`."
          : "Give more of its digits.")
    }
    return only
  }
}
