import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Transport

/// A server on this machine that answers every request with the same bytes, over TLS or not, and
/// counts its connections.
final class CannedServer: Sendable {
  enum Behaviour: Sendable {
    case answer([UInt8])
    /// Accepts, reads, and says nothing.
    case silence
    case close
  }

  private let channel: any Channel
  private let accepted: Counter
  private let answered: Counter

  var connectionCount: Int { accepted.value }
  var answerCount: Int { answered.value }

  var url: HubURL {
    get throws { try HubURL(host: "127.0.0.1", port: channel.localAddress?.port ?? 0).unwrapped }
  }

  func url(host: String) throws -> HubURL {
    try HubURL(host: host, port: channel.localAddress?.port ?? 0).unwrapped
  }

  /// - Parameter tls: Nil for plain TCP.
  init(_ behaviour: Behaviour, tls: TLSConfiguration?) async throws {
    let accepted = Counter()
    let answered = Counter()
    let context = try tls.map { try NIOSSLContext(configuration: $0) }
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 16)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          accepted.increment()
          if let context {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
          }
          try channel.pipeline.syncOperations.addHandler(
            CannedHandler(behaviour, answered: answered))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    self.accepted = accepted
    self.answered = answered
  }

  func stop() async throws { try await channel.close() }

  static func tls(_ server: ServerCertificate) throws -> TLSConfiguration {
    let chain = try NIOSSLCertificate.fromPEMBytes(Array(server.certificatePEM.utf8))
    return .makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) },
      privateKey: .privateKey(
        try NIOSSLPrivateKey(bytes: Array(server.keyPEM.utf8), format: .pem)))
  }

  /// A whole HTTP/1.1 answer.
  static func http(
    _ status: String, type: String?, _ body: [UInt8], more: String = ""
  ) -> Behaviour {
    let head =
      "HTTP/1.1 \(status)\r\ncontent-length: \(body.count)\r\n"
      + (type.map { "content-type: \($0)\r\n" } ?? "") + more + "\r\n"
    return .answer(Array(head.utf8) + body)
  }
}

final class Counter: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func increment() { count.withLock { $0 += 1 } }
}

/// Answers when a request is whole, as far as its headers say.
private final class CannedHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let behaviour: CannedServer.Behaviour
  private let answered: Counter
  private var received: [UInt8] = []

  init(_ behaviour: CannedServer.Behaviour, answered: Counter) {
    self.behaviour = behaviour
    self.answered = answered
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received.append(contentsOf: unwrapInboundIn(data).readableBytesView)
    switch behaviour {
    case .silence: return
    case .close: context.close(promise: nil)
    case .answer(let bytes):
      guard isWhole else { return }
      received = []
      answered.increment()
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
  }

  private var isWhole: Bool {
    let text = String(decoding: received, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else {
      // No HTTP at all, such as a TLS hello on a plain port: that deserves the answer at once.
      return !text.hasPrefix("POST ") && !text.hasPrefix("GET ")
    }
    let head = text[..<end.lowerBound].lowercased()
    let declared = head.split(separator: "\r\n").compactMap { line -> Int? in
      line.hasPrefix("content-length:") ? Int(line.dropFirst(15).filter { $0 != " " }) : nil
    }
    let headBytes = text[..<end.upperBound].utf8.count
    return received.count >= headBytes + (declared.first ?? 0)
  }
}

extension Optional {
  /// For tests: the value, or an error.
  var unwrapped: Wrapped {
    get throws {
      guard let self else { throw Missing() }
      return self
    }
  }
}

struct Missing: Error {}
