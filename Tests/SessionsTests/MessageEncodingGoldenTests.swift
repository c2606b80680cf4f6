import Basics
import Clocks
import Deltas
import Sessions
import TestSupport
import Testing

/// What was once sent is read for ever, and sent again as it was by the version that sent it.
@Suite struct MessageEncodingGoldenTests {
  @Test(arguments: GoldenMessages.requests.keys.sorted())
  func requestsOfTheFirstVersionAreReadAsEver(name: String) throws {
    let golden = try GoldenFile.bytes(name, version: 1)
    #expect(try HubRequest(encoded: golden) == GoldenMessages.requests[name])
  }

  @Test(arguments: GoldenMessages.responses.keys.sorted())
  func answersOfTheFirstVersionAreReadAsEver(name: String) throws {
    let golden = try GoldenFile.bytes(name, version: 1)
    #expect(try HubResponse(encoded: golden) == GoldenMessages.responses[name])
  }

  @Test(arguments: GoldenMessages.secondRequests.keys.sorted())
  func requestsAreReadAndWrittenAsEver(name: String) throws {
    let sample = try #require(GoldenMessages.secondRequests[name])
    let golden = try GoldenFile.bytes(name, version: 2, from: sample.encoded)
    #expect(try HubRequest(encoded: golden) == sample)
    #expect(sample.encoded == golden)
  }

  @Test(arguments: GoldenMessages.secondResponses.keys.sorted())
  func answersAreReadAndWrittenAsEver(name: String) throws {
    let sample = try #require(GoldenMessages.secondResponses[name])
    let golden = try GoldenFile.bytes(name, version: 2)
    #expect(try HubResponse(encoded: golden) == sample)
    if sample.encoded[0] == 2 { #expect(sample.encoded == golden) }
  }

  /// Only messages that have something new to say are of the third version.
  @Test(arguments: GoldenMessages.thirdRequests.keys.sorted())
  func requestsOfTheThirdVersionAreReadAndWrittenAsEver(name: String) throws {
    let sample = try #require(GoldenMessages.thirdRequests[name])
    let golden = try GoldenFile.bytes(name, version: 3, from: sample.encoded)
    #expect(try HubRequest(encoded: golden) == sample)
    #expect(sample.encoded == golden && golden[0] == 3)
  }

  @Test(arguments: GoldenMessages.thirdResponses.keys.sorted())
  func answersOfTheThirdVersionAreReadAndWrittenAsEver(name: String) throws {
    let sample = try #require(GoldenMessages.thirdResponses[name])
    let golden = try GoldenFile.bytes(name, version: 3, from: sample.encoded)
    #expect(try HubResponse(encoded: golden) == sample)
    #expect(sample.encoded == golden && golden[0] == 3)
  }

  @Test func enrolmentsAreReadAndWrittenAsEver() throws {
    let request = MessageSamples.enrolRequest
    let response = MessageSamples.enrolResponse
    let first = try GoldenFile.bytes("request-enrol.message", version: 1)
    #expect(try EnrolRequest(encoded: first) == request)
    let firstAnswer = try GoldenFile.bytes("answer-enrol.message", version: 1)
    #expect(try EnrolResponse(encoded: firstAnswer) == response)
    let asked = try GoldenFile.bytes("request-enrol.message", version: 2, from: request.encoded)
    #expect(try EnrolRequest(encoded: asked) == request)
    #expect(request.encoded == asked)
    let answered = try GoldenFile.bytes(
      "answer-enrol.message", version: 2, from: response.encoded)
    #expect(try EnrolResponse(encoded: answered) == response)
    #expect(response.encoded == answered)
  }
}
