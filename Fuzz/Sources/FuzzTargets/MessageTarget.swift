internal import Basics
internal import Deltas
internal import Sessions

/// A message that is read says the same when it is written again, and no message is of two kinds.
///
/// The input is a message without its checksum, which the fuzzer could not guess.
package struct MessageTarget: FuzzTarget {
  package static let name = "message"
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    var message = input + ContentHash(of: input).bytes.prefix(8)
    let readings = Self.readers.compactMap { $0(message) }
    try hold(readings.count < 2, "A message is of two kinds.")
    // Planted: an answer's last byte is not looked at.
    if isBroken, !readings.isEmpty { message[input.count - 1] ^= 1 }
    for again in readings {
      try hold(again == message, "A message is written again with other bytes.")
    }
  }

  /// Each reads a message of one kind, and gives it written again.
  private static let readers: [@Sendable ([UInt8]) -> [UInt8]?] = [
    { try? HubRequest(encoded: $0).encoded }, { try? HubResponse(encoded: $0).encoded },
    { try? EnrolRequest(encoded: $0).encoded }, { try? EnrolResponse(encoded: $0).encoded },
  ]
}
