internal import Clocks
internal import Deltas
internal import HTTPTypes
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Sessions
internal import Transport

/// Answers each HTTP request. Knows the paths and the limits; everything else is the service's.
struct HubResponder: Sendable {
  let worker: HubWorker
  let board: NewsBoard
  let syncSlots: RequestSlots
  let enrolSlots: RequestSlots
  let limits: HubServerLimits
  let authorityPEM: String
  let wallMilliseconds: @Sendable () -> Int64
  let logger: Logger

  /// Throws only what ends the connection: the client is gone, or sends no HTTP.
  func respond(to request: Request) async throws -> Response {
    switch (request.method, request.uri.path) {
    case (.post, HubInterface.syncPath): try await sync(request)
    case (.post, HubInterface.enrolPath): try await enrol(request)
    case (.post, HubInterface.previewPath): try await preview(request)
    case (.get, HubInterface.authorityPath):
      Answers.plain(.ok, authorityPEM, contentType: HubInterface.authorityContentType)
    case (.get, HubInterface.healthPath): Answers.plain(.ok, "ok\n")
    case (.get, "/"): Answers.plain(.ok, Answers.welcome)
    case (_, HubInterface.syncPath), (_, HubInterface.enrolPath), (_, HubInterface.previewPath):
      Answers.wrongMethod(allowed: "POST")
    case (_, HubInterface.authorityPath), (_, HubInterface.healthPath), (_, "/"):
      Answers.wrongMethod(allowed: "GET")
    default: Answers.plain(.notFound, "There is nothing here.\n")
    }
  }

  // MARK: Sync

  private func sync(_ request: Request) async throws -> Response {
    let received = wallMilliseconds()
    guard let branch = IdentityStamp.read(request.headers) else {
      return refuse(Answers.noCertificate, status: .unauthorized)
    }
    // Who may not ask gets no place, and its body is not read.
    if let refusal = await worker.refusalKnown(of: branch) { return refuse(refusal, to: branch) }
    let answered = try await syncSlots.occupy(for: branch.replica) {
      try await answer(request, from: branch, received: received)
    }
    switch answered {
    case nil: return busy(branch)
    case .refused(let refusal): return refuse(refusal, to: branch)
    case .answer(let response): return Answers.ours(.ok, response.encoded)
    case .waitForNews(let position, let ticket, let seen):
      return await waitForNews(after: position, since: ticket, seen: seen, branch: branch)
    }
  }

  private enum Step: Sendable {
    case answer(HubResponse)
    case refused(Refusal)
    /// Nothing is after the position yet.
    case waitForNews(after: LogPosition, since: UInt64, seen: NewsBoard.News)
  }

  /// Reads the body and has the engine answer it: what a place is held for.
  private func answer(
    _ request: Request, from branch: CertifiedBranch, received: Int64
  ) async throws -> Step {
    let body: [UInt8]
    switch try await collect(request, bytesMax: limits.bodyBytesMax) {
    case .failure(let refusal): return .refused(refusal)
    case .success(let bytes): body = bytes
    }
    let message: HubRequest
    do throws(DeltaDecodingError) {
      message = try HubRequest(encoded: body)
    } catch {
      return .refused(Answers.undecodable(error))
    }
    let ticket = await board.ticket
    let response = await worker.answer(message, from: branch, wallMilliseconds: received)
    switch response {
    case .refused(let refusal): return .refused(refusal)
    case .exchange(let exchange):
      await board.post(.init(generation: exchange.generation, head: exchange.to))
    case .news(let generation, let head):
      // A branch that is ahead of the log had better know: the hub was restored.
      if case .awaitNews(let position) = message, head == position {
        return .waitForNews(
          after: position, since: ticket, seen: .init(generation: generation, head: head))
      }
    default: break
    }
    return .answer(response)
  }

  private func waitForNews(
    after position: LogPosition, since ticket: UInt64, seen: NewsBoard.News,
    branch: CertifiedBranch
  ) async -> Response {
    let outcome = await board.wait(
      after: position, since: ticket, by: branch.replica,
      patienceMilliseconds: limits.newsPatienceMilliseconds)
    let news: NewsBoard.News
    switch outcome {
    case .full: return busy(branch)
    case .none: news = seen
    case .news(let posted): news = posted
    }
    return Answers.ours(.ok, HubResponse.news(generation: news.generation, head: news.head).encoded)
  }

  // MARK: Enrolment

  private func enrol(_ request: Request) async throws -> Response {
    let received = wallMilliseconds()
    let answered = try await enrolSlots.occupy {
      () async throws -> Result<EnrolResponse, Refusal> in
      switch try await collect(request, bytesMax: limits.enrolBodyBytesMax) {
      case .failure(let refusal): return .failure(refusal)
      case .success(let body): return await enrol(body, received: received)
      }
    }
    switch answered {
    case nil: return busy(nil)
    case .failure(let refusal): return refuse(refusal)
    case .success(let response):
      logger.info("A device was enrolled.", metadata: ["branch": "\(response.replica)"])
      return Answers.ours(.ok, response.encoded)
    }
  }

  private func enrol(_ body: [UInt8], received: Int64) async -> Result<EnrolResponse, Refusal> {
    let message: EnrolRequest
    do throws(DeltaDecodingError) {
      message = try EnrolRequest(encoded: body)
    } catch {
      return .failure(Answers.undecodable(error))
    }
    let device: DeviceRequest
    do throws(CredentialError) {
      device = try DeviceRequest(der: message.certificateRequest)
    } catch {
      return .failure(Refusal(code: .malformed, message: error.message))
    }
    do throws(Refusal) {
      return .success(
        try await worker.enrol(
          secret: message.tokenSecret, device: device, wallMilliseconds: received))
    } catch {
      return .failure(error)
    }
  }

  // MARK: Preview

  /// A token's secret and a request that changes nothing. Strangers' places, as for enrolment.
  private func preview(_ request: Request) async throws -> Response {
    let received = wallMilliseconds()
    let answered = try await enrolSlots.occupy {
      () async throws -> Result<HubResponse, Refusal> in
      switch try await collect(request, bytesMax: limits.previewBodyBytesMax) {
      case .failure(let refusal): return .failure(refusal)
      case .success(let body):
        do throws(DeltaDecodingError) {
          let message = try HubRequest(encoded: Array(body.dropFirst(Token.secretBytes)))
          return .success(
            await worker.preview(
              message, secret: Array(body.prefix(Token.secretBytes)), wallMilliseconds: received))
        } catch {
          return .failure(Answers.undecodable(error))
        }
      }
    }
    switch answered {
    case nil: return busy(nil)
    case .failure(let refusal), .success(.refused(let refusal)): return refuse(refusal)
    case .success(let response): return Answers.ours(.ok, response.encoded)
    }
  }

  // MARK: Common

  /// The body, once its type and size are seen to be ours.
  private func collect(
    _ request: Request, bytesMax: Int
  ) async throws -> Result<[UInt8], Refusal> {
    guard HubInterface.isOurs(contentType: request.headers[.contentType]) else {
      return .failure(Answers.wrongContentType)
    }
    if let declared = request.headers[.contentLength].flatMap({ Int($0) }), declared > bytesMax {
      return .failure(Answers.tooLarge(bytesMax: bytesMax))
    }
    var body: [UInt8] = []
    for try await part in request.body {
      guard body.count + part.readableBytes <= bytesMax else {
        return .failure(Answers.tooLarge(bytesMax: bytesMax))
      }
      body.append(contentsOf: part.readableBytesView)
    }
    return .success(body)
  }

  private func refuse(
    _ refusal: Refusal, status: HTTPResponse.Status? = nil, to branch: CertifiedBranch? = nil
  ) -> Response {
    var metadata: Logger.Metadata = ["error-code": "\(refusal.code.rawValue)"]
    if let branch { metadata["branch"] = "\(branch.replica)" }
    logger.info("A request was refused.", metadata: metadata)
    return Answers.refused(
      refusal, status: status, retryAfterSeconds: limits.retryAfterSeconds)
  }

  private func busy(_ branch: CertifiedBranch?) -> Response { refuse(Answers.busy, to: branch) }
}
