internal import Basics
package import FuzzTargets
internal import Transport

/// A request for a certificate proves the key that it names, or is refused with a sentence.
package struct CertificateRequestTarget: FuzzTarget {
  package static let name = "certificate-request"
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  /// The input, and then a valid request with one byte of it changed: where, and how, say the
  /// input's first three bytes.
  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    try checkRequest(input)
    guard input.count == 3, var request = Self.request else { return }
    let place = (Int(input[0]) | Int(input[1]) << 8) % request.count
    request[place] ^= input[2]
    // Planted: the signature is not looked at.
    let isTaken = isBroken || (try? DeviceRequest(der: request)) != nil
    let isSigned = Self.signed.contains(place)
    try hold(!isTaken || !isSigned || input[2] == 0, "A request that was changed is taken.")
  }

  private func checkRequest(_ der: [UInt8]) throws(FuzzFinding) {
    let first = Self.keyFingerprint(der)
    try hold(first == Self.keyFingerprint(der), "A request reads otherwise the second time.")
  }

  private static func keyFingerprint(_ der: [UInt8]) -> ContentHash? {
    (try? DeviceRequest(der: der))?.keyFingerprint
  }

  /// Where in the request below is what its signature is over.
  private static let signed = 3..<130

  /// A request as a device makes it, of a key that nobody has.
  private static let request = bytes(
    hexadecimal: """
      3081d6307d020100301b3119301706035504030c105472696275746172792064\
      65766963653059301306072a8648ce3d020106082a8648ce3d03010703420004\
      63a8d95916bf09c333e792360036258e65b455840a47e9b3e8eb8e94c86ce20f\
      3770391ad6aab0c0133b7292457e5f95c2ba84a9e0808770b288dc1afbe3b9dc\
      a000300a06082a8648ce3d0403020349003046022100e790f46a9815990bf485\
      e1abc05403f62bc1811b77aa8c7efaf1c12f0a025dca022100d68f70a188fa36\
      b16b4fc53fc5ad664cfa797614c8e8841840150aa19e4ec49b
      """)
}
