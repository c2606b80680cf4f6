internal import Basics
internal import Transport

/// A token that is read prints as it was given, and an address that is read is one address.
package struct TokenTarget: FuzzTarget {
  package static let name = "token"
  package static let inputBytesMax = 2_100
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  /// The first byte says whether the others are the token's text, or what its text encodes.
  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    let content = Array(input.dropFirst())
    let isText = (input.first ?? 0) & 1 == 0
    let text =
      isText
      ? String(decoding: content, as: UTF8.self) : Token.prefix + Self.base64URL(content)
    if let token = try? Token(text: text) { try checkToken(token, text) }
    try checkAddress(text)
    try checkAddress("https://" + String(decoding: content, as: UTF8.self))
  }

  private func checkToken(_ token: Token, _ text: String) throws(FuzzFinding) {
    // Planted: a letter's case does not count.
    let printed = isBroken ? token.text.lowercased() : token.text
    let trimmed = text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
    try hold(Array(printed.utf8) == Array(String(trimmed).utf8), "A token has two spellings.")
    try hold((try? Token(text: token.text)) == token, "A token's text does not say the token.")
  }

  private func checkAddress(_ text: String) throws(FuzzFinding) {
    guard let url = HubURL(text) else { return }
    try hold(HubURL(url.description) == url, "An address prints as another address.")
    let authority = HubURL(authority: url.authority, defaultPort: nil)
    try hold(authority == url, "An address and its authority differ.")
  }

  /// RFC 4648 section 5, without padding.
  private static func base64URL(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var text: [UInt8] = []
    var pending: UInt32 = 0
    var bits = 0
    for byte in bytes {
      pending = (pending << 8 | UInt32(byte)) & 0xffff
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(alphabet[Int(pending >> UInt32(bits) & 63)])
      }
    }
    if bits > 0 { text.append(alphabet[Int(pending << UInt32(6 - bits) & 63)]) }
    return String(decoding: text, as: UTF8.self)
  }
}
