internal import Basics

/// What the hub's log is named by from one start of service to the next: 16 random bytes.
///
/// Every start of service opens a new one, also that of a copy or of a restored hub, so that a
/// position of a generation never names two histories.
package struct GenerationID: Hashable, Sendable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Nil unless there are exactly 16 bytes.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  package static let byteCount = 16

  /// 16 bytes, in the order of the hexadecimal digits.
  package var bytes: [UInt8] {
    [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  /// The order of their bytes, for what must be written in one order; it says nothing of time.
  package static func precedes(_ left: GenerationID, _ right: GenerationID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
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
    guard let bytes = Basics.bytes(hexadecimal: description) else { return nil }
    self.init(bytes: bytes)
  }
}
