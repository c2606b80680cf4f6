/// Why a token, a key or a certificate cannot be used.
package enum CredentialError: Error, Hashable, Sendable {
  /// The text is no token.
  case token(String)
  /// There is no such file.
  case missing(path: String)
  /// The file cannot be read or written.
  case file(path: String, why: String)
  /// The bytes are not what they should be.
  case malformed(what: String, why: String)
  /// A request for a certificate that must not get one.
  case requestRefused(String)

  package var message: String {
    switch self {
    case .token(let why):
      "The token was not used: \(why). Copy the whole line that “tributary hub invite” printed."
    case .missing(let path):
      "\(path) is missing. Without it this machine cannot prove who it is; join again with a new"
        + " token, or restore the file from a backup."
    case .file(let path, let why):
      "\(path) could not be used: \(why). Check the folder's owner, its mode and the free space."
    case .malformed(let what, let why):
      "\(what) could not be read: \(why). Restore it from a backup, or join again with a new token."
    case .requestRefused(let why):
      "No certificate was issued: \(why). Join again with a current version of the program."
    }
  }
}
