internal import Basics
internal import Clocks
internal import Deltas

// What is said when a hub has lost a timeline, and when a branch is a copy of another.

extension ByteWriter {
  /// Counter and hash; no changeset is 0 and zeroes.
  mutating func write(_ head: ChainHead) {
    writeVarint(head.counter)
    write(head.hash)
  }

  mutating func write(_ step: GenerationStep) {
    write(step.generation)
    write(step.fork)
  }

  private mutating func write(_ link: LineageLink) {
    write(link.generation)
    writeOptional(link.parent) { $0.write($1) }
    write(link.fork)
  }

  private mutating func write(_ entry: HandedEntry) {
    writeList(entry.places) { $0.write($1) }
    write(entry.dot)
    writeLengthPrefixed(entry.name)
    writeSignedVarint(entry.clockOffsetMilliseconds)
    writeSignedVarint(entry.receivedMilliseconds)
    write(entry.seen)
    write(entry.seenAlso)
    switch entry.source {
    case .inline(let stream):
      write(true)
      writeLengthPrefixed(stream)
    case .uploaded(let changeset):
      write(false)
      write(changeset)
    }
  }

  mutating func write(_ request: HandBackRequest) {
    writeList(request.lineage) { $0.write($1) }
    write(request.timeline)
    write(request.path)
    writeList(request.entries) { $0.write($1) }
    write(request.isLast)
    writeList(request.vector) { $0.write($1) }
  }

  mutating func write(_ request: AdoptRequest) {
    write(request.previous)
    write(request.confirmed)
  }
}

extension FieldReader {
  mutating func readChainHead() throws(DeltaDecodingError) -> ChainHead {
    let head = ChainHead(
      counter: try readOrdinal("counter", orZero: true), hash: try readHash())
    guard head.counter > 0 || head == .none else { throw error("has a hash of no changeset") }
    return head
  }

  mutating func readSteps() throws(DeltaDecodingError) -> [GenerationStep] {
    try readList(
      of: "generations", atMost: SessionLimits.generationsMax
    ) { (reader) throws(DeltaDecodingError) in
      GenerationStep(generation: try reader.readGeneration(), fork: try reader.readPosition())
    }
  }

  fileprivate mutating func readDots() throws(DeltaDecodingError) -> [Dot] {
    try readList(
      of: "replicas", atMost: DeltaLimits.replicasMax
    ) { (reader) throws(DeltaDecodingError) in try reader.readDot() }
  }
}

extension HandBackRequest {
  init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      lineage: try reader.readList(
        of: "generations", atMost: SessionLimits.generationsMax
      ) { (reader) throws(DeltaDecodingError) in
        LineageLink(
          generation: try reader.readGeneration(),
          parent: try reader.readOptional { (reader) throws(DeltaDecodingError) in
            try reader.readGeneration()
          }, fork: try reader.readPosition())
      },
      timeline: try reader.readContext(), path: try reader.readGeneration(),
      entries: try reader.readList(
        of: "entries", atMost: SessionLimits.handedEntriesMax
      ) { (reader) throws(DeltaDecodingError) in try HandedEntry(from: &reader) },
      isLast: try reader.readFlag(), vector: try reader.readDots())
  }
}

extension HandedEntry {
  fileprivate init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      places: try reader.readList(
        of: "places", atMost: SessionLimits.handedPlacesMax
      ) { (reader) throws(DeltaDecodingError) in try reader.readContext() },
      dot: try reader.readDot(),
      name: try reader.readText(of: "branch's name", atMost: DeltaLimits.nameBytesMax),
      clockOffsetMilliseconds: try reader.readSignedVarint(),
      receivedMilliseconds: try reader.readSignedVarint(),
      seen: try reader.readContext(), seenAlso: try reader.readAlsoSeen(),
      source: try reader.readFlag()
        ? .inline(try reader.readBytes(of: "changeset", atMost: SessionLimits.inlineBytesMax))
        : .uploaded(try reader.readUploadedChangeset()))
  }
}

extension AdoptRequest {
  init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      previous: try reader.readReplica(), confirmed: try reader.readChainHead())
  }
}

extension PathResponse {
  init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      steps: try reader.readSteps(), head: try reader.readPosition(),
      isAmbiguous: try reader.readFlag())
  }
}

extension ForkOffer {
  init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      secret: try reader.readBytes(
        of: "token's secret", atMost: SessionLimits.tokenSecretBytesMax),
      name: try reader.readText(of: "branch's name", atMost: DeltaLimits.nameBytesMax))
  }
}
