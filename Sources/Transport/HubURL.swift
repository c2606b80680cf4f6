/// Where a hub is reached: `https://HOST[:PORT]`, nothing after it.
package struct HubURL: Hashable, Sendable, CustomStringConvertible {
  /// A DNS name or an IP address; an IPv6 address stands here without its brackets.
  package let host: String
  package let port: Int

  /// Returns nil for what cannot stand in a URL.
  package init?(host: String, port: Int) {
    guard (0...65_535).contains(port), Self.isHost(host) else { return nil }
    self.host = host
    self.port = port
  }

  /// Reads `https://HOST`, `https://HOST:PORT` and both with a slash at the end.
  package init?(_ text: some StringProtocol) {
    let scheme = "https://"
    guard text.utf8.count <= TransportLimits.urlBytesMax,
      text.prefix(scheme.count).lowercased() == scheme
    else { return nil }
    var authority = text.dropFirst(scheme.count)
    if authority.hasSuffix("/") { authority = authority.dropLast() }
    self.init(authority: authority, defaultPort: 443)
  }

  /// Reads `HOST:PORT`, and `HOST` alone if there is a default for the port.
  package init?(authority: some StringProtocol, defaultPort: Int?) {
    let host: String
    let rest: Substring
    if authority.hasPrefix("[") {
      guard let close = authority.firstIndex(of: "]") else { return nil }
      host = String(authority[authority.index(after: authority.startIndex)..<close])
      guard host.contains(":") else { return nil }
      rest = Substring(authority[authority.index(after: close)...])
    } else {
      let colon = authority.firstIndex(of: ":") ?? authority.endIndex
      host = String(authority[..<colon])
      rest = Substring(authority[colon...])
    }
    if rest.isEmpty {
      guard let defaultPort else { return nil }
      self.init(host: host, port: defaultPort)
    } else {
      let digits = rest.dropFirst()
      guard rest.hasPrefix(":"), !digits.isEmpty, digits.utf8.count <= 5,
        digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        let port = Int(digits)
      else { return nil }
      self.init(host: host, port: port)
    }
  }

  /// Letters, digits and the punctuation of names and addresses; an IPv6 address has colons.
  private static func isHost(_ host: String) -> Bool {
    guard !host.isEmpty, host.utf8.count <= 253 else { return false }
    return host.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: ":"):
        true
      default: false
      }
    }
  }

  /// `HOST:PORT`, with brackets around an IPv6 address.
  package var authority: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  package var description: String { "https://\(authority)" }
}
