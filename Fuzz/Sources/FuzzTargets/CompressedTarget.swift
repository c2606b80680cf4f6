internal import Basics
internal import Deltas

/// A compressed block inflates to exactly the length that it declares and the limit allows, or is
/// refused; the sanitizer's limit for one allocation holds what a lying size could take.
package struct CompressedTarget: FuzzTarget {
  package static let name = "compressed"
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  /// The first byte says what the others are: a payload as it comes; content that is compressed
  /// under a length of the input's choosing; such a payload with one of its bytes changed.
  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    var choices = InputBytes(input)
    let mode = choices.byte() % 3
    guard mode > 0 else { return try checkPayload(choices.rest()) }
    let claim = choices.magnitude()
    let place = choices.number(below: 64)
    let flip = choices.byte()
    let copies = 1 + choices.number(below: 200)
    let content = Array(repeatElement(choices.rest(), count: copies).joined())
    var frame = Compression.compress(content)
    if mode == 2, place < frame.count { frame[place] ^= flip }
    var writer = ByteWriter()
    writer.writeVarint(claim)
    writer.write(contentsOf: frame)
    try checkPayload(writer.bytes)
    guard mode == 1 else { return }
    let whole = try? decompressedBlock(payload: compressedBlock(raw: content))
    try hold(whole == content, "Compressed content is not what it was.")
  }

  private func checkPayload(_ payload: [UInt8]) throws(FuzzFinding) {
    var reader = ByteReader(payload)
    guard let claim = try? reader.readVarint() else { return }
    guard var raw = try? decompressedBlock(payload: payload) else { return }
    // Planted: a byte of the content is lost.
    if isBroken { raw = Array(raw.dropLast()) }
    try hold(UInt64(raw.count) == claim, "A block inflates to another length than it declares.")
    try hold(raw.count <= DeltaLimits.blockRawBytesMax, "A block inflates beyond its limit.")
    let again = try? decompressedBlock(payload: compressedBlock(raw: raw))
    try hold(again == raw, "A block that was compressed again says something else.")
  }
}
