internal import Basics

/// One unbroken life of a hub's log: 16 random bytes, drawn when the hub is made.
///
/// A restored hub opens a new one, so that a position never names two histories.
package struct GenerationID: Hashable, Sendable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// 32 hexadecimal characters.
  package var description: String {
    func digits(_ value: UInt64) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    return digits(high) + digits(low)
  }

  /// Reads what `description` writes.
  package init?(_ description: some StringProtocol) {
    guard let bytes = bytes(hexadecimal: description), bytes.count == 16 else { return nil }
    let high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    let low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
    self.init(high: high, low: low)
  }
}
