import Basics
import Clocks
import Deltas
import Sessions
import TestSupport
import Testing

/// Messages of version 2 that claim or hold more than is allowed.
@Suite struct MessageEncodingIdentityTests {
  private static let zeroes = [UInt8](repeating: 0, count: 32)
  private static let place = [UInt8](repeating: 0, count: 16) + [0]
  /// The sender's place, and the generation that came last in the path told.
  private static let timeline = place + [UInt8](repeating: 0, count: 16)
  /// A list of one entry without places, up to its source: dot, name, offset, receipt.
  private static let entry: [UInt8] = [1, 0, 1, 1, 0, 0, 0] + place + [0]

  private static func message(_ type: UInt8, _ fields: [UInt8], count: Int? = nil) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(contentsOf: [2, type] + fields)
    if let count { writer.writeVarint(count) }
    return MessageEncodingTests.repaired(writer.bytes + [UInt8](repeating: 0, count: 8))
  }

  @Test func everyListOfARequestHasALimit() {
    let cases: [(type: UInt8, limit: Int, head: [UInt8], what: String)] = [
      (0x0a, SessionLimits.generationsMax, [], "number of generations"),
      (0x0a, SessionLimits.handedEntriesMax, [0] + Self.timeline, "number of entries"),
      (0x0a, SessionLimits.handedPlacesMax, [0] + Self.timeline + [1], "number of places"),
      (
        0x0a, DeltaLimits.nameBytesMax, [0] + Self.timeline + [1, 0, 1, 1], "branch's name in bytes"
      ),
      (
        0x0a, SessionLimits.inlineBytesMax, [0] + Self.timeline + Self.entry + [1],
        "changeset in bytes"
      ),
      (
        0x0a, SessionLimits.changesetBytesMax,
        [0] + Self.timeline + Self.entry + [0, 1] + Self.zeroes, "number of bytes"
      ),
      (0x0a, DeltaLimits.replicasMax, [0] + Self.timeline + [0, 1], "number of replicas"),
      (0x0b, DeltaLimits.nameBytesMax, [], "branch's name in bytes"),
    ]
    for (type, limit, head, what) in cases {
      let bytes = Self.message(type, head, count: limit + 1)
      #expect(
        MessageEncodingLimitTests.error(request: bytes) == .tooLarge(what: what, limit: limit))
    }
  }

  @Test func everyListOfAResponseHasALimit() throws {
    let exchange = ExchangeResponse(
      accepted: [], generation: GenerationID(high: 0, low: 0), from: .start, to: .start,
      deltaByteCount: 0, deltaBytes: [], vectorDifference: [], names: [],
      clockOffsetMilliseconds: 0,
      timestamp: HybridTimestamp(milliseconds: 0, counter: 0, replica: .hub))
    // All but version, type, the two lists and the flag at the end, and the checksum.
    let fields = Array(HubResponse.exchange(exchange).encoded.dropFirst(2).dropLast(11))
    let cases: [(type: UInt8, limit: Int, head: [UInt8], what: String)] = [
      (0x41, SessionLimits.generationsMax, fields, "number of generations"),
      (0x41, SessionLimits.noticesMax, fields + [0], "number of notices"),
      (0x41, SessionLimits.messageTextBytesMax, fields + [0, 1, 1, 0], "notice in bytes"),
      (0x49, SessionLimits.generationsMax, [], "number of generations"),
      (0x4b, SessionLimits.tokenSecretBytesMax, [], "token's secret in bytes"),
      (0x4b, DeltaLimits.nameBytesMax, [0], "branch's name in bytes"),
      (0x4a, SessionLimits.handedEntriesMax, Self.place, "number of positions"),
    ]
    for (type, limit, head, what) in cases {
      let bytes = Self.message(type, head, count: limit + 1)
      #expect(
        MessageEncodingLimitTests.error(response: bytes) == .tooLarge(what: what, limit: limit))
    }
  }

  /// No changeset is 0 and zeroes, and nothing else.
  @Test func aHashOfNoChangesetIsAnError() {
    let hash = [UInt8](repeating: 7, count: 32)
    #expect(
      MessageEncodingLimitTests.error(request: Self.message(0x0c, [1, 0] + hash)) != nil)
    #expect(
      MessageEncodingLimitTests.error(request: Self.message(0x0c, [1, 0] + Self.zeroes))
        == nil)
    #expect(
      MessageEncodingLimitTests.error(request: Self.message(0x0c, [1, 1] + hash)) == nil)
  }

  /// What is at its limits fits into one message.
  @Test func theLimitsFitTheBody() throws {
    let ordinal = DeltaLimits.ordinalMax
    let steps = (0..<SessionLimits.generationsMax).map {
      GenerationStep(
        generation: GenerationID(high: .max, low: UInt64($0)), fork: LogPosition(ordinal))
    }
    let path = HubResponse.path(PathResponse(steps: steps, head: LogPosition(ordinal))).encoded
    #expect(path.count <= SessionLimits.bodyBytesMax)
    #expect(try HubResponse(encoded: path).encoded == path)
    let links = steps.map {
      LineageLink(generation: $0.generation, parent: $0.generation, fork: $0.fork)
    }
    let place = CausalContext(generation: steps[0].generation, position: LogPosition(ordinal))
    let whole = [UInt8](repeating: 1, count: SessionLimits.inlineBytesMax)
    let entry = HandedEntry(
      places: [place], dot: Dot(replica: ReplicaID(1), counter: ordinal), name: "",
      clockOffsetMilliseconds: 0, receivedMilliseconds: 0, seen: place, seenAlso: [],
      source: .inline(whole))
    let handBack = HubRequest.handBack(
      HandBackRequest(
        lineage: links, timeline: place, path: place.generation, entries: [entry], isLast: false,
        vector: [])
    ).encoded
    #expect(handBack.count <= SessionLimits.bodyBytesMax)
  }
}
