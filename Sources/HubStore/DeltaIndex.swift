internal import Clocks
internal import Deltas

/// Where the entries of one delta begin in its bytes.
struct DeltaIndex: Sendable {
  let receiver: ReplicaID
  let from: LogPosition
  let to: LogPosition
  let header: [UInt8]
  let trailer: [UInt8]
  /// The whole delta's length.
  let total: Int

  /// Ends of entries met so far: offsets and positions, both ascending.
  private var marks: [(offset: Int, position: LogPosition)]

  init(
    generation: GenerationID, receiver: ReplicaID, from: LogPosition, to: LogPosition,
    entryCount: Int, entryBytes: Int, frameCount: Int, isWithholding: Bool
  ) {
    self.receiver = receiver
    self.from = from
    self.to = to
    header =
      Frame(
        type: .deltaHeader,
        payload: DeltaHeader(
          formatVersion: isWithholding ? FormatVersion.withholdingDelta : FormatVersion.delta,
          generation: generation, from: from, to: to, receiver: receiver
        ).payload
      ).encoded
    trailer =
      Frame(
        type: .deltaTrailer,
        payload: DeltaTrailer(entryCount: entryCount, frameCount: frameCount + 1).payload
      ).encoded
    total = header.count + entryBytes + trailer.count
    marks = [(header.count, from)]
  }

  /// The last known end of an entry at or before an offset.
  func mark(before offset: Int) -> (offset: Int, position: LogPosition) {
    var low = 0
    var high = marks.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if marks[middle].offset <= offset { low = middle } else { high = middle }
    }
    return marks[low]
  }

  /// Remembers where an entry ends.
  mutating func note(_ position: LogPosition, endsAt offset: Int) {
    guard let last = marks.last, position > last.position else { return }
    if marks.count >= HubStoreLimits.deltaMarksMax {
      // Every other one is left out.
      marks = marks.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
    }
    marks.append((offset, position))
  }
}

/// A piece of a stream that is gathered from overlapping parts, in order.
struct DeltaPiece {
  let offset: Int
  private let end: Int
  private(set) var bytes: [UInt8] = []

  init(offset: Int, byteCount: Int) {
    self.offset = max(0, offset)
    let (sum, overflow) = self.offset.addingReportingOverflow(max(0, byteCount))
    end = overflow ? .max : sum
  }

  var isFull: Bool { offset + bytes.count >= end }

  func overlaps(_ start: Int, byteCount: Int) -> Bool {
    start < end && start + byteCount > offset
  }

  mutating func take(_ part: [UInt8], at start: Int) {
    part.withUnsafeBytes { take($0, at: start) }
  }

  /// Takes what a part of the stream, which begins at `start`, has of the piece.
  mutating func take(_ part: UnsafeRawBufferPointer, at start: Int) {
    guard overlaps(start, byteCount: part.count) else { return }
    let lower = max(0, offset - start)
    let upper = min(part.count, end - start)
    bytes.append(contentsOf: part[lower..<upper])
  }
}
