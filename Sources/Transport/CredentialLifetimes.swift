/// How long credentials are good for, in milliseconds.
///
/// A device certificate is judged by the hub's clock, but the server's certificate is judged by
/// the branch's clock, which may be wrong by a year in either direction and must not keep the
/// branch from syncing. So what branches judge is valid from a year before it is made, and the
/// server's certificate always has more than a year left.
package enum CredentialLifetimes {
  package static let day: Int64 = 86_400_000
  package static let authority: Int64 = 3_653 * day
  package static let device: Int64 = 1_826 * day
  /// Together with `backdating` 824 days: the most that all browsers accept is 825.
  package static let server: Int64 = 459 * day
  /// `serve` makes a new server certificate when the present one has less than this left.
  package static let serverRenewal: Int64 = 430 * day
  /// How long before its making the hub's side of a connection is already valid.
  package static let backdating: Int64 = 365 * day
  /// The same for a device: the hub's clock may have been set back a little.
  package static let deviceBackdating: Int64 = day
}
