internal import Basics
internal import Clocks
package import FuzzTargets
internal import Transport

/// A certificate names one branch in one spelling, or none; reading it never fails otherwise.
package struct CertificateTarget: FuzzTarget {
  package static let name = "certificate"
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    if let branch = CertifiedBranch(certificateDER: input) {
      try hold(branch.replica != .hub, "A certificate says that a branch is the hub.")
      let uri = Array(
        CertifiedBranch.uri(generation: branch.generation, replica: branch.replica).utf8)
      try hold(input.contains(uri), "A certificate names a branch that does not stand in it.")
      try hold(
        branch.certificateFingerprint == ContentHash(of: input), "A fingerprint of other bytes.")
    }
    try checkName(String(decoding: input, as: UTF8.self))
    try checkName("tributary://" + String(decoding: input, as: UTF8.self))
  }

  private func checkName(_ uri: String) throws(FuzzFinding) {
    guard let (generation, replica) = CertifiedBranch.parse(uri: uri) else { return }
    let again = CertifiedBranch.uri(generation: generation, replica: replica)
    // Planted: names are compared as text, not as bytes.
    let isSame = isBroken ? again != uri : Array(again.utf8) == Array(uri.utf8)
    try hold(isSame, "A branch's name has two spellings.")
  }
}
