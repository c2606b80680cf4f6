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

/// A place in the hub's log. Names the version vector of everything up to it; 0 is before all.
package struct LogPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: UInt64

  package init(_ rawValue: UInt64) { self.rawValue = rawValue }

  package static let start = LogPosition(0)

  package var next: LogPosition { LogPosition(rawValue + 1) }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  package var description: String { String(rawValue) }
}

/// What the author of a changeset had seen when it was made, besides its own earlier changesets.
///
/// Branches learn only from the hub, which accepts changesets in one order. So every context a
/// branch can have is the vector at one position, and travels as that position: 24 bytes whatever
/// the number of branches, and exact.
package struct CausalContext: Hashable, Sendable {
  package let generation: GenerationID
  package let position: LogPosition

  package init(generation: GenerationID, position: LogPosition) {
    self.generation = generation
    self.position = position
  }
}
