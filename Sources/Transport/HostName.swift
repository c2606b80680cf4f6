internal import Glibc
internal import SwiftASN1
internal import X509

/// The names that a server certificate can carry: DNS names and IP addresses.
enum HostName {
  /// An address becomes an address entry, which TLS clients compare with where they connected.
  static func generalName(_ name: String) throws(CredentialError) -> GeneralName {
    if let bytes = addressBytes(name) {
      return .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
    }
    guard isDNSName(name) else {
      throw .requestRefused(
        "“\(name)” is neither a DNS name nor an IP address; write names in other scripts in their"
          + " “xn--” form")
    }
    return .dnsName(name.lowercased())
  }

  /// What `generalName` was made from; nil for other kinds of names.
  static func text(_ name: GeneralName) -> String? {
    switch name {
    case .dnsName(let name): name
    case .ipAddress(let address): addressText(Array(address.bytes))
    default: nil
    }
  }

  /// 4 or 16 bytes, or nil if the text is no address.
  static func addressBytes(_ text: String) -> [UInt8]? {
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: count)
      if inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
  }

  private static func addressText(_ bytes: [UInt8]) -> String? {
    let family: Int32
    switch bytes.count {
    case 4: family = AF_INET
    case 16: family = AF_INET6
    default: return nil
    }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func isDNSName(_ name: String) -> Bool {
    let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard name.utf8.count <= 253, !labels.isEmpty else { return false }
    return labels.allSatisfy { label in
      (1...63).contains(label.count)
        && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        && label.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
          default: false
          }
        }
    }
  }
}
