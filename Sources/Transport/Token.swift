package import Basics

/// What a hub's operator hands to a new device, once: where the hub is, how to know it, and the
/// secret that proves the invitation.
package struct Token: Hashable, Sendable {
  package static let prefix = "trib1."
  package static let secretBytes = 16

  package let url: HubURL
  /// SHA-256 of the hub's CA certificate in DER.
  package let authorityFingerprint: ContentHash
  /// 16 bytes. The hub keeps only their hash.
  package let secret: [UInt8]

  /// Returns nil unless the secret has 16 bytes.
  package init?(url: HubURL, authorityFingerprint: ContentHash, secret: [UInt8]) {
    guard secret.count == Self.secretBytes else { return nil }
    self.url = url
    self.authorityFingerprint = authorityFingerprint
    self.secret = secret
  }

  /// 16 bytes from the system's generator for keys.
  package static func makeSecret() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<secretBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// What the hub keeps of a secret.
  package static func hash(ofSecret secret: [UInt8]) -> ContentHash { ContentHash(of: secret) }

  /// One line without spaces. Whoever has it can join: it belongs in no log.
  package var text: String {
    var writer = ByteWriter()
    writer.writeLengthPrefixed(url.description)
    writer.write(contentsOf: authorityFingerprint.bytes)
    writer.write(contentsOf: secret)
    return Self.prefix + Base64URL.encode(writer.bytes)
  }

  /// Reads what `text` writes; spaces and line ends around it, as pasting leaves them, are ignored.
  package init(text: some StringProtocol) throws(CredentialError) {
    guard text.utf8.count <= TransportLimits.tokenTextBytesMax else {
      throw .token("it is too long")
    }
    func isSpace(_ character: Character) -> Bool { character.isWhitespace }
    let trimmed = String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    guard trimmed.hasPrefix(Self.prefix) else {
      throw .token("it does not begin with “\(Self.prefix)”")
    }
    guard let bytes = Base64URL.decode(trimmed.dropFirst(Self.prefix.count)) else {
      throw .token("it is incomplete or has been altered")
    }
    var reader = ByteReader(bytes)
    do throws(ByteReaderError) {
      let address = try reader.readText(atMost: TransportLimits.urlBytesMax)
      let fingerprint = Array(try reader.readBytes(ContentHash.byteCount))
      let secret = Array(try reader.readBytes(Self.secretBytes))
      try reader.expectEnd()
      guard let url = HubURL(address), url.description == address,
        let authorityFingerprint = ContentHash(bytes: fingerprint)
      else { throw ByteReaderError.invalidText }
      self.url = url
      self.authorityFingerprint = authorityFingerprint
      self.secret = secret
    } catch {
      throw .token("it is incomplete or has been altered")
    }
  }
}
