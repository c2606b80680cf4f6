import Basics
import Testing
import Transport

@Suite struct TokenTests {
  private let fingerprint = ContentHash(of: [1, 2, 3])

  private func token(_ url: String) throws -> Token {
    let url = try #require(HubURL(url))
    return try #require(
      Token(url: url, authorityFingerprint: fingerprint, secret: Array(0..<16)))
  }

  @Test(arguments: [
    "https://hub.example:8443", "https://127.0.0.1:1", "https://[::1]:8443", "https://a:65535",
  ])
  func textIsReadBack(_ url: String) throws {
    let token = try token(url)
    #expect(token.url.description == url)
    #expect(token.text.hasPrefix("trib1."))
    #expect(!token.text.contains { $0.isWhitespace })
    #expect(try Token(text: token.text) == token)
    #expect(try Token(text: " \n\(token.text)\r\n") == token)
  }

  @Test func everyOtherTextIsRefused() throws {
    let text = try token("https://hub.example:8443").text
    for count in 0..<text.count {
      #expect(throws: CredentialError.self) { try Token(text: text.prefix(count)) }
    }
    for extra in ["A", "=", "AA", " A", "é"] {
      #expect(throws: CredentialError.self) { try Token(text: text + extra) }
    }
    #expect(throws: CredentialError.self) { try Token(text: "trib2." + text.dropFirst(6)) }
    #expect(throws: CredentialError.self) {
      try Token(text: String(repeating: "A", count: 1 << 20))
    }
  }

  @Test func aFlippedCharacterNeverGivesTheSameToken() throws {
    let token = try token("https://hub.example:8443")
    let text = Array(token.text)
    for index in text.indices {
      for replacement in ["A", "b", "_", "7", "/"] as [Character]
      where replacement != text[index] {
        var altered = text
        altered[index] = replacement
        if let read = try? Token(text: String(altered)) { #expect(read != token) }
      }
    }
  }

  @Test func secretsDifferAndHaveOneLength() throws {
    let secrets = (0..<100).map { _ in Token.makeSecret() }
    #expect(Set(secrets).count == 100)
    #expect(secrets.allSatisfy { $0.count == Token.secretBytes })
    let url = try #require(HubURL("https://a"))
    #expect(Token(url: url, authorityFingerprint: fingerprint, secret: [1]) == nil)
  }
}

@Suite struct HubURLTests {
  @Test(arguments: [
    ("https://hub", "hub", 443), ("https://hub/", "hub", 443), ("HTTPS://hub:8443", "hub", 8443),
    ("https://[::1]:8443/", "::1", 8443), ("https://10.0.0.7:1", "10.0.0.7", 1),
  ])
  func isRead(_ text: String, host: String, port: Int) throws {
    let url = try #require(HubURL(text))
    #expect(url.host == host)
    #expect(url.port == port)
    #expect(HubURL(url.description) == url)
  }

  @Test(arguments: [
    "", "hub", "http://hub", "https://", "https://hub:", "https://hub:x", "https://hub:65536",
    "https://hub:+1", "https://hub/path", "https://me@hub", "https://hub?x", "https://h ub",
    "https://::1", "https://[::1", "https://[hub]:1", "https://hub:1:2", "https://分行",
  ])
  func isRefused(_ text: String) { #expect(HubURL(text) == nil) }

  @Test func aListenAddressNeedsAPortUnlessThereIsADefault() {
    #expect(HubURL(authority: "127.0.0.1:0", defaultPort: nil)?.port == 0)
    #expect(HubURL(authority: "127.0.0.1", defaultPort: nil) == nil)
    #expect(HubURL(authority: "127.0.0.1", defaultPort: 8443)?.port == 8443)
  }
}
