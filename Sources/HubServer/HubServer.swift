internal import HummingbirdCore
internal import HummingbirdTLS
package import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization
package import Transport

/// The hub's HTTPS server: HTTP/1.1 over TLS 1.3, the branch's identity from its certificate, the
/// engine on a thread of its own.
///
/// Prints nothing. `run` serves until `stop` is called or its task is cancelled, then finishes what
/// is in flight.
package final class HubServer: Sendable {
  private typealias Listener = Server<TLSChannel<HTTP1Channel>>

  private let credentials: Mutex<HubCredentials>
  private let holder: ServerCertificateHolder
  private let worker: HubWorker
  private let board: NewsBoard
  private let listen: HubURL
  private let limits: HubServerLimits
  private let timer: any ServerTimer
  private let wallMilliseconds: @Sendable () -> Int64
  private let logger: Logger
  private let stops: AsyncStream<Void>
  private let stopping: AsyncStream<Void>.Continuation

  /// - Parameters:
  ///   - listen: The address to listen on; port 0 takes a free one.
  ///   - timer: Measures patience and grace; tests bring their own.
  ///   - wallMilliseconds: The machine's opinion of the time, milliseconds since 1970 in UTC.
  package init(
    credentials: HubCredentials, service: sending any HubService, listen: HubURL,
    limits: HubServerLimits = HubServerLimits(), timer: any ServerTimer = SystemTimer(),
    wallMilliseconds: @escaping @Sendable () -> Int64 = WallClock.systemMilliseconds,
    logger: Logger = Logger(label: "tributary.hub")
  ) throws {
    let current = try credentials.renewedIfDue(
      addingHostNames: Self.isWildcard(listen.host) ? [] : [listen.host],
      wallMilliseconds: wallMilliseconds())
    self.credentials = Mutex(current)
    holder = try ServerCertificateHolder(current.server)
    worker = HubWorker(service)
    board = NewsBoard(
      waitersMax: limits.newsWaitersMax, waitersPerBranchMax: limits.newsWaitersPerBranchMax,
      timer: timer)
    self.listen = listen
    self.limits = limits
    self.timer = timer
    self.wallMilliseconds = wallMilliseconds
    self.logger = logger
    (stops, stopping) = AsyncStream.makeStream()
  }

  /// Asks a running server to finish what is in flight and to end `run`. Returns at once.
  package func stop() { stopping.finish() }

  /// Serves. Call once.
  ///
  /// - Parameter onReady: Called when connections are accepted, with the URL for branches.
  /// - Throws: `HubServerError` when it cannot listen.
  package func run(onReady: @escaping @Sendable (HubURL) async -> Void) async throws {
    let listener = try makeListener(onReady: onReady)
    // Not a child of this task: cancelling this task asks for a graceful stop, it cuts nothing.
    let serving = Task {
      defer { stopping.finish() }
      try await listener.run()
    }
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.renewWhenDue() }
        group.addTask { await self.tendWhenIdle() }
        for await _ in stops {}
        group.cancelAll()
      }
    } onCancel: {
      stop()
    }
    await finish(listener, serving)
    if case .failure(let error) = await serving.result { throw cannotListen(error) }
  }

  /// Accepts no more, lets everybody go who only waits for news, waits for the others within
  /// limits, then cuts.
  private func finish(_ listener: Listener, _ serving: Task<Void, any Error>) async {
    await board.close()
    let grace = Task { [timer, limits, logger] in
      try await timer.wait(milliseconds: limits.stopMillisecondsMax)
      logger.info("Requests in flight were cut because they took too long.")
      serving.cancel()
    }
    do {
      try await listener.shutdownGracefully()
    } catch {
      logger.info("The server did not stop cleanly.")
      serving.cancel()
    }
    _ = await serving.result
    grace.cancel()
  }

  // MARK: Starting

  private func makeListener(
    onReady: @escaping @Sendable (HubURL) async -> Void
  ) throws -> Listener {
    var channelConfiguration = HTTP1Channel.Configuration(
      additionalChannelHandlers: [ConnectionGuard(limits: self.limits)])
    channelConfiguration.httpDecoder = .init(
      maxHeaderFieldSize: limits.headerFieldBytesMax, maxHeaderListSize: limits.headerListBytesMax,
      maxHeaderFieldCount: limits.headerFieldsMax)
    let responder = makeResponder()
    let channel = HTTP1Channel(
      responder: { request, writer, _ in
        let response = try await responder.respond(to: request)
        try await writer.write(response: response.head, body: response.body)
      },
      configuration: channelConfiguration)
    let authorityPEM = credentials.withLock { $0.authority.certificatePEM }
    let tls = try holder.serverConfiguration(authorityPEM: authorityPEM)
    return Listener(
      childChannelSetup: try TLSChannel(
        channel, configuration: TLSChannelConfiguration(tlsConfiguration: tls)),
      configuration: ServerConfiguration(
        address: .hostname(listen.host, port: listen.port),
        availableConnectionsDelegate: MaximumAvailableConnections(
          limits.connectionsMax, logger: quiet)),
      onServerRunning: { [self] channel in
        await becomeReady(port: channel.localAddress?.port ?? listen.port, onReady)
      },
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet)
  }

  private func makeResponder() -> HubResponder {
    HubResponder(
      worker: worker, board: board,
      syncSlots: RequestSlots(
        limits.requestsWaitingMax, perBranchMax: limits.requestsWaitingPerBranchMax),
      enrolSlots: RequestSlots(limits.enrolmentsWaitingMax), limits: limits,
      authorityPEM: credentials.withLock { $0.authority.certificatePEM },
      wallMilliseconds: wallMilliseconds, logger: logger)
  }

  private func becomeReady(port: Int, _ onReady: @Sendable (HubURL) async -> Void) async {
    guard let url = HubURL(host: servedHost, port: port) else { return }
    do {
      try await worker.served(at: url)
    } catch {
      // Serving goes on; only the default URL of the next invitation is missing.
      logger.info("The address of the hub could not be noted.")
    }
    logger.info("The hub serves.")
    await onReady(url)
  }

  /// The name in URLs: what it listens on, or the first name of the certificate if it listens on
  /// every address.
  private var servedHost: String {
    guard Self.isWildcard(listen.host) else { return listen.host }
    let names = credentials.withLock { $0.server.hostNames }
    return names.first { !HubCredentials.localHostNames.contains($0) } ?? "localhost"
  }

  private static func isWildcard(_ host: String) -> Bool { host == "0.0.0.0" || host == "::" }

  /// The libraries' own log lines have variable text; only what is wrong is worth it.
  private var quiet: Logger {
    var quiet = logger
    quiet.logLevel = .critical
    return quiet
  }

  // MARK: Certificates

  private func renewWhenDue() async {
    let interval = limits.renewalCheckMilliseconds
    while (try? await timer.wait(milliseconds: interval)) != nil, !Task.isCancelled {
      do {
        let renewed = try credentials.withLock { credentials in
          let next = try credentials.renewedIfDue(wallMilliseconds: wallMilliseconds())
          let isNew = next.server != credentials.server
          credentials = next
          return isNew ? next.server : nil
        }
        guard let renewed else { continue }
        try holder.replace(with: renewed)
        logger.info("The server's certificate was renewed.")
      } catch {
        logger.error("The server's certificate could not be renewed.")
      }
    }
  }

  // MARK: Between requests

  private func tendWhenIdle() async {
    var pause = limits.tendMilliseconds
    while (try? await timer.wait(milliseconds: pause)) != nil, !Task.isCancelled {
      do {
        let hasMore = try await worker.tend(wallMilliseconds: wallMilliseconds())
        pause = hasMore ? limits.tendAgainMilliseconds : limits.tendMilliseconds
      } catch {
        pause = limits.tendMilliseconds
        logger.error("What every branch has could not be pruned.")
      }
    }
  }

  private func cannotListen(_ error: any Error) -> HubServerError {
    if let error = error as? HubServerError { return error }
    let why: String
    if let error = error as? IOError {
      why = systemErrorText(error.errnoCode)
    } else {
      why = "\(error)"
    }
    return .cannotListen(address: listen.authority, why: why)
  }
}
