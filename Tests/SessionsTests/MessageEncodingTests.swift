import Basics
import Clocks
import Deltas
import Sessions
import TestSupport
import Testing

@Suite struct MessageEncodingTests {
  @Test(arguments: 0..<20) func messagesComeBack(seed: UInt64) throws {
    for request in MessageSamples.requests(seed: seed) {
      #expect(try HubRequest(encoded: request.encoded) == request)
    }
    for response in MessageSamples.responses(seed: seed) {
      #expect(try HubResponse(encoded: response.encoded) == response)
    }
    for (name, bytes, again) in MessageSamples.all(seed: seed) {
      #expect(try again(bytes) == bytes, "\(name)")
    }
    let enrolled = MessageSamples.enrolResponse
    #expect(try EnrolRequest(encoded: MessageSamples.enrolRequest.encoded).tokenSecret.count == 16)
    #expect(try EnrolResponse(encoded: enrolled.encoded) == enrolled)
  }

  @Test func everyEdgeValueComesBack() throws {
    let response = HubResponse.rows(FetchRowsResponse(rows: [EdgeValues.all]))
    #expect(try HubResponse(encoded: response.encoded) == response)
  }

  @Test func everyTruncationIsAnError() {
    for (name, bytes, again) in MessageSamples.all(seed: 1) {
      for count in 0..<bytes.count {
        #expect(throws: DeltaDecodingError.self, "\(name)") {
          try again(Array(bytes.prefix(count)))
        }
      }
      #expect(throws: DeltaDecodingError.self, "\(name)") { try again(bytes + [0]) }
    }
  }

  @Test func everyFlippedBitIsAnError() {
    for (name, bytes, again) in MessageSamples.all(seed: 1) {
      for bit in 0..<bytes.count * 8 {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << (bit % 8)
        #expect(throws: DeltaDecodingError.self, "\(name) \(bit)") { try again(flipped) }
      }
    }
  }

  /// The message with its last 8 bytes put right.
  static func repaired(_ message: [UInt8]) -> [UInt8] {
    let content = Array(message.dropLast(8))
    return content + ContentHash(of: content).bytes.prefix(8)
  }

  @Test func everyFlippedBitBehindARightChecksumIsAnErrorOrAnotherMessage() {
    for (name, bytes, again) in MessageSamples.all(seed: 2) {
      for bit in 0..<(bytes.count - 8) * 8 {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << (bit % 8)
        flipped = Self.repaired(flipped)
        // An earlier version's message is written as one of ours.
        guard let written = try? again(flipped), flipped[0] >= bytes[0] else { continue }
        if written != flipped { Issue.record("\(name), bit \(bit)") }
      }
    }
  }

  @Test(arguments: 0..<10) func randomEditsBehindARightChecksumAreErrorsOrOtherMessages(
    seed: UInt64
  ) {
    var generator = SeededGenerator(seed: seed)
    for (name, bytes, again) in MessageSamples.all(seed: seed) {
      for _ in 0..<100 {
        var edited = bytes
        for _ in 0..<1 + generator.int(below: 3) {
          let place = 1 + generator.int(below: edited.count - 9)
          switch generator.int(below: 3) {
          case 0: edited.insert(UInt8(truncatingIfNeeded: generator.next()), at: place)
          case 1 where edited.count > 12: edited.remove(at: place)
          default: edited[place] = [0x00, 0x01, 0x7f, 0x80, 0xff][generator.int(below: 5)]
          }
        }
        edited = Self.repaired(edited)
        guard let written = try? again(edited) else { continue }
        if written != edited { Issue.record("\(name), seed \(seed)") }
      }
    }
  }

  @Test func aMessageOfAnotherVersionIsNamed() {
    for (name, bytes, again) in MessageSamples.all(seed: 1) {
      var other = bytes
      for version in [UInt8(0), 4] {
        other[0] = version
        #expect(throws: DeltaDecodingError.unsupportedFormat(UInt64(version)), "\(name)") {
          try again(other)
        }
      }
    }
  }

  /// What came with the second version is none of the first.
  @Test func aMessageOfAnEarlierVersionIsOfItsTypes() {
    for (name, bytes, again) in MessageSamples.all(seed: 1) {
      let isNew = [0x09...0x0f, 0x11...0x11, 0x49...0x4e, 0x51...0x51]
        .contains { $0.contains(bytes[1]) }
      // Its conflicts were told otherwise.
      if bytes[1] == 0x46 { continue }
      // Those that had fewer fields then.
      let hasMore = [0x01, 0x03, 0x41, 0x7f].contains(bytes[1])
      let first = Self.repaired([1] + bytes.dropFirst())
      if isNew || hasMore {
        #expect(throws: DeltaDecodingError.self, "\(name)") { try again(first) }
      } else {
        #expect((try? again(first)) == bytes, "\(name)")
      }
    }
  }

  /// What `HubRequest` reads; an enrolment is another's.
  private static func isRequest(_ type: UInt8) -> Bool { type < 0x40 && type != 0x10 }

  @Test func aMessageOfAnotherKindIsAnError() {
    let samples = MessageSamples.all(seed: 1)
    for (index, (_, bytes, _)) in samples.enumerated() {
      let type = bytes[1]
      for (other, (name, _, again)) in samples.enumerated() where other != index {
        let isOfOneKind = (try? again(bytes)) != nil
        let couldBe = Self.isRequest(type) == Self.isRequest(samples[other].bytes[1])
        if isOfOneKind && !couldBe { Issue.record("\(name) reads a message of type \(type)") }
      }
    }
    #expect(throws: DeltaDecodingError.self) {
      try HubRequest(encoded: MessageSamples.enrolRequest.encoded)
    }
    #expect(throws: DeltaDecodingError.self) {
      try HubResponse(encoded: MessageSamples.enrolResponse.encoded)
    }
  }

  @Test func whatIsNoMessageIsAnError() {
    let others = ["", "\u{1}", "<!DOCTYPE html><html>Welcome to the hotel</html>", "{}"]
    for text in others {
      let bytes = Array(text.utf8)
      #expect(throws: DeltaDecodingError.self) { try HubRequest(encoded: bytes) }
      #expect(throws: DeltaDecodingError.self) { try HubResponse(encoded: bytes) }
      #expect(throws: DeltaDecodingError.self) { try EnrolRequest(encoded: bytes) }
      #expect(throws: DeltaDecodingError.self) { try EnrolResponse(encoded: bytes) }
    }
  }

  @Test func refusalCodesKeepTheirNumbers() {
    #expect(RefusalCode.allCases.map(\.rawValue) == Array(1...15))
  }
}
