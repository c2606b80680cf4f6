internal import Basics
internal import Deltas

/// What happens to a stream on its way: one thing, in one place.
enum Damage {
  /// A byte is another.
  case changed
  /// Bytes are missing.
  case missing
  /// Bytes came between.
  case added
  /// The stream stops.
  case cut
  /// A frame is missing, comes twice, or changed places with the next one.
  case frameMissing, frameTwice, framesSwapped
  /// A byte of a payload is another, and the frame's checksum is right all the same.
  case resealed

  private static let all: [Damage] = [
    .changed, .missing, .added, .cut, .frameMissing, .frameTwice, .framesSwapped, .resealed,
  ]

  init(_ choices: inout InputBytes) { self = Self.all[choices.number(below: Self.all.count)] }

  /// The stream of these frames after the damage.
  func applied(to frames: [Frame], _ choices: inout InputBytes) -> [UInt8] {
    var frames = frames
    let index = choices.number(below: frames.count)
    switch self {
    case .frameMissing: frames.remove(at: index)
    case .frameTwice: frames.insert(frames[index], at: index)
    case .framesSwapped: frames.swapAt(index, (index + 1) % frames.count)
    case .resealed:
      let place = choices.number(below: max(frames[index].payload.count, 1))
      let flip = choices.byte()
      if place < frames[index].payload.count { frames[index].payload[place] ^= flip }
    case .changed, .missing, .added, .cut:
      return applied(to: frames.flatMap(\.encoded), &choices)
    }
    return frames.flatMap(\.encoded)
  }

  private func applied(to stream: [UInt8], _ choices: inout InputBytes) -> [UInt8] {
    var stream = stream
    let place = choices.number(below: stream.count)
    switch self {
    case .changed: stream[place] ^= choices.byte()
    case .missing: stream.removeSubrange(place..<min(place + 1 + Int(choices.byte()), stream.count))
    case .added: stream.insert(contentsOf: choices.bytes(atMost: 20), at: place)
    default: stream.removeSubrange(place...)
    }
    return stream
  }
}
