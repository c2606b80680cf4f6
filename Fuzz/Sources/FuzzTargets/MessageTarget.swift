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
    let message = input + ContentHash(of: input).bytes.prefix(8)
    let readings = Self.readers.compactMap { read in read(message).map { (read, $0) } }
    try hold(readings.count < 2, "A message is of two kinds.")
    guard let (read, reading) = readings.first else { return }
    var again = reading.encoded
    // Planted: an answer's last byte is another.
    if isBroken { again[again.count - 9] ^= 1 }
    // An earlier version's message is written as one of ours, which says the same.
    if input.first == again.first {
      try hold(again == message, "A message is written again with other bytes.")
    } else {
      try hold(read(again) == reading, "A message of an earlier version says less.")
    }
  }

  /// A message's value, and the bytes that it is written as.
  private struct Reading: Hashable {
    var value: AnyHashable
    var encoded: [UInt8]
  }

  /// Each reads messages of one kind.
  private static let readers: [@Sendable ([UInt8]) -> Reading?] = [
    { (try? HubRequest(encoded: $0)).map { Reading(value: $0, encoded: $0.encoded) } },
    { (try? HubResponse(encoded: $0)).map { Reading(value: $0, encoded: $0.encoded) } },
    { (try? EnrolRequest(encoded: $0)).map { Reading(value: $0, encoded: $0.encoded) } },
    { (try? EnrolResponse(encoded: $0)).map { Reading(value: $0, encoded: $0.encoded) } },
  ]
}
