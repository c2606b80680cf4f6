internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes
internal import NIOSSL
internal import Transport

/// Stands between TLS and the responder on every connection: says once who is there, stamps it on
/// each request, and closes the connection when the other end is too slow.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private enum Identity {
    case unread
    case read(CertifiedBranch?)
  }

  private let limits: HubServerLimits
  private var deadlines = ConnectionDeadlines()
  private var deadline: Scheduled<Void>?
  private var identity = Identity.unread

  init(limits: HubServerLimits) { self.limits = limits }

  func handlerAdded(context: ChannelHandlerContext) {
    // Nobody speaks HTTP over half a connection, and TLS closes a half-open one only after a
    // timeout. A channel without the option, as in tests, has no halves.
    try? context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
    schedule(context)
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(var head):
      advance(.requestStarted, context)
      IdentityStamp.set(readIdentity(context), on: &head.headerFields)
      context.fireChannelRead(wrapInboundOut(.head(head)))
    case .body:
      context.fireChannelRead(data)
    case .end:
      advance(.requestEnded, context)
      context.fireChannelRead(data)
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head):
      if head.status.kind != .informational { advance(.answerStarted, context) }
      context.write(data, promise: promise)
    case .body:
      context.write(data, promise: promise)
    case .end:
      let written = promise ?? context.eventLoop.makePromise(of: Void.self)
      written.futureResult.assumeIsolated().whenSuccess { self.advance(.answerEnded, context) }
      context.write(data, promise: written)
    }
  }

  /// Reads the client's certificate at its first request; the handshake is over by then.
  private func readIdentity(_ context: ChannelHandlerContext) -> CertifiedBranch? {
    if case .read(let branch) = identity { return branch }
    let branch: CertifiedBranch?
    if let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate(),
      let der = try? certificate.toDERBytes()
    {
      branch = CertifiedBranch(certificateDER: der)
    } else {
      branch = nil
    }
    identity = .read(branch)
    return branch
  }

  private func advance(_ event: ConnectionDeadlines.Event, _ context: ChannelHandlerContext) {
    if deadlines.handle(event) { schedule(context) }
  }

  private func schedule(_ context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = deadlines.milliseconds(limits).map { milliseconds in
      context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) {
        context.close(promise: nil)
      }
    }
  }
}
