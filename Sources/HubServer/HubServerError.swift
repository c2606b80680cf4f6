/// Why the hub does not serve.
package enum HubServerError: Error, Hashable, Sendable {
  /// The address is in use, not this machine's, or not allowed.
  case cannotListen(address: String, why: String)
  /// The server's key and certificate cannot be used for TLS.
  case credentials(String)

  package var message: String {
    switch self {
    case .cannotListen(let address, let why):
      "The hub does not serve: it cannot listen on \(address): \(why). Stop the program that uses"
        + " the address, or choose another with --listen."
    case .credentials(let why):
      "The hub does not serve: its server certificate cannot be used: \(why). Restore the hub's"
        + " “pki” folder from a backup."
    }
  }
}
