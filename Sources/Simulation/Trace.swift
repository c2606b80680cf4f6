/// What happened, one line for each event, and a digest of it all.
struct Trace {
  private(set) var lines: [String] = []
  private var hasher = Digest()
  let keepsLines: Bool

  /// FNV-1a, 64 bits: enough to tell two runs of one seed apart.
  private struct Digest {
    var state: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: some Sequence<UInt8>) {
      for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
  }

  init(keepsLines: Bool) { self.keepsLines = keepsLines }

  var digest: UInt64 { hasher.state }

  /// Takes a message into the digest, byte for byte, without a line.
  mutating func add(_ message: [UInt8]) { hasher.add(message) }

  /// Columns: virtual milliseconds since the start, place, what happened.
  mutating func add(_ milliseconds: Int64, _ place: String, _ what: String) {
    let time = String(milliseconds)
    let line =
      String(repeating: " ", count: max(0, 9 - time.count)) + time + "  "
      + place + String(repeating: " ", count: max(0, 4 - place.count)) + " " + what
    hasher.add(line.utf8)
    if keepsLines { lines.append(line) }
  }
}
