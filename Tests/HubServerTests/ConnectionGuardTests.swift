import Clocks
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import HubServer

@Suite struct ConnectionDeadlinesTests {
  @Test func aRequestAndItsAnswer() {
    var deadlines = ConnectionDeadlines()
    #expect(deadlines.phase == .opening)
    for (event, phase) in [
      (.requestStarted, .reading), (.requestEnded, .working), (.answerStarted, .answering),
      (.answerEnded, .idle), (.requestStarted, .reading), (.requestEnded, .working),
    ] as [(ConnectionDeadlines.Event, ConnectionDeadlines.Phase)] {
      let isNew = deadlines.handle(event)
      #expect(isNew)
      #expect(deadlines.phase == phase)
    }
  }

  @Test func anAnswerBeforeTheRequestIsWhole() {
    var deadlines = ConnectionDeadlines()
    for (event, phase) in [
      (.requestStarted, .reading), (.answerStarted, .answering), (.answerEnded, .draining),
      (.requestEnded, .idle),
    ] as [(ConnectionDeadlines.Event, ConnectionDeadlines.Phase)] {
      let isNew = deadlines.handle(event)
      #expect(isNew)
      #expect(deadlines.phase == phase)
    }
  }

  @Test func aSecondRequestBehindTheFirst() {
    var deadlines = ConnectionDeadlines()
    for event in [.requestStarted, .requestEnded, .requestStarted, .answerStarted]
      as [ConnectionDeadlines.Event]
    { _ = deadlines.handle(event) }
    #expect(deadlines.phase == .answering)
    _ = deadlines.handle(.answerEnded)
    #expect(deadlines.phase == .reading)
    _ = deadlines.handle(.requestEnded)
    #expect(deadlines.phase == .working)
  }
}

@Suite struct ConnectionGuardTests {
  private let limits = HubServerLimits()

  private func connect() throws -> EmbeddedChannel {
    let channel = EmbeddedChannel(handler: ConnectionGuard(limits: limits))
    try channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    return channel
  }

  private var head: HTTPRequestPart {
    .head(HTTPRequest(method: .post, scheme: "https", authority: "hub", path: "/v1/sync"))
  }

  private func advance(_ channel: EmbeddedChannel, _ milliseconds: Int64) {
    channel.embeddedEventLoop.advanceTime(by: .milliseconds(milliseconds))
  }

  @Test func whoSaysNothingIsClosed() throws {
    let channel = try connect()
    advance(channel, limits.openMillisecondsMax - 1)
    #expect(channel.isActive)
    advance(channel, 1)
    #expect(!channel.isActive)
  }

  @Test func aDrippingBodyIsClosed() throws {
    let channel = try connect()
    try channel.writeInbound(head)
    for _ in 0..<(limits.readMillisecondsMax / 1_000 - 1) {
      advance(channel, 1_000)
      try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(bytes: [0])))
    }
    #expect(channel.isActive)
    advance(channel, 1_000)
    #expect(!channel.isActive)
  }

  @Test func theHubMayTakeItsTimeAndTheNextRequestToo() throws {
    let channel = try connect()
    for _ in 0..<3 {
      try channel.writeInbound(head)
      try channel.writeInbound(HTTPRequestPart.end(nil))
      advance(channel, 10_000_000)
      #expect(channel.isActive)
      try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
      try channel.writeOutbound(HTTPResponsePart.end(nil))
      advance(channel, limits.idleMillisecondsMax - 1)
      #expect(channel.isActive)
    }
    advance(channel, 1)
    #expect(!channel.isActive)
  }

  @Test func anAnswerThatNobodyReadsEndsTheConnection() throws {
    let channel = try connect()
    try channel.writeInbound(head)
    try channel.writeInbound(HTTPRequestPart.end(nil))
    // Written, and never taken by the network.
    channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
    channel.write(HTTPResponsePart.end(nil), promise: nil)
    advance(channel, limits.answerMillisecondsMax - 1)
    #expect(channel.isActive)
    advance(channel, 1)
    #expect(!channel.isActive)
  }

  @Test func aRefusedBodyIsDrainedForAMomentOnly() throws {
    let channel = try connect()
    try channel.writeInbound(head)
    try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .contentTooLarge)))
    try channel.writeOutbound(HTTPResponsePart.end(nil))
    advance(channel, limits.drainMillisecondsMax - 1)
    #expect(channel.isActive)
    advance(channel, 1)
    #expect(!channel.isActive)
  }

  @Test func aStampFromOutsideIsRemoved() throws {
    let channel = try connect()
    var request = HTTPRequest(method: .post, scheme: "https", authority: "hub", path: "/")
    request.headerFields.append(
      HTTPField(name: IdentityStamp.name, value: "\(FakeHub.generation)/1/00"))
    request.headerFields.append(HTTPField(name: IdentityStamp.name, value: "again"))
    try channel.writeInbound(HTTPRequestPart.head(request))
    guard case .head(let seen)? = try channel.readInbound(as: HTTPRequestPart.self) else {
      Issue.record("The head did not pass.")
      return
    }
    #expect(!seen.headerFields.contains(IdentityStamp.name))
    #expect(IdentityStamp.read(seen.headerFields) == nil)
  }
}
