package import Sessions

/// Why the hub did not answer a request. In every case nothing was lost: what was to be sent stays
/// in the outbox.
package enum TransportError: Error, Hashable, Sendable {
  /// Nobody answered: no network, no such name, connection refused or cut, silence.
  case unreachable(String)
  /// Somebody answered, but not in our language: a captive portal, another program, another
  /// version. Says what came.
  case notATributaryHub(String)
  /// The hub answered, and its answer did not arrive whole.
  case damaged(String)
  /// Somebody answered who could not prove to be our hub.
  case untrusted(String)
  /// The hub did not accept this device's certificate: it has expired, or is another hub's.
  case certificateRefused(String)
  /// The answer was larger than the limit, in bytes.
  case tooLarge(bytesMax: Int)
  /// The hub answered and refused.
  case refused(Refusal)

  /// What was not done, the fact that stopped it, and what to do next.
  package var message: String {
    switch self {
    case .unreachable(let why):
      "The hub could not be reached: \(why). Nothing was lost; pending changes wait here. Check the"
        + " network and whether the hub is serving, then try again."
    case .notATributaryHub(let what):
      "What answered is not a Tributary hub: \(what). Nothing was sent on. If this network asks for"
        + " a sign-in page, open a browser and sign in; otherwise check the hub's address."
    case .damaged(let what):
      "The hub's answer was damaged on its way: \(what). Nothing of it was used, nothing was lost."
        + " Try again; if it happens again, look for what meddles with this network's connections."
    case .untrusted(let why):
      "What answered could not prove to be this branch's hub: \(why). Nothing was sent to it. On a"
        + " network with a sign-in page, sign in first. If the hub was set up anew, join again with"
        + " a new token."
    case .certificateRefused(let why):
      "The hub does not accept this device's certificate: \(why). Pending changes wait here. Ask"
        + " the hub's operator for a new token and join again."
    case .tooLarge(let bytesMax):
      "The hub's answer is larger than \(bytesMax) bytes and was not read. Nothing was changed."
        + " Upgrade this branch or the hub."
    case .refused(let refusal):
      refusal.message
    }
  }
}
