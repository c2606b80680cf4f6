internal import Agent
internal import BranchStore
internal import HubServer
internal import Sessions
internal import Transport

/// Performs a branch engine's effects: sends its requests, waits its waits.
struct SyncDriver {
  let line: BranchLine
  let engine: BranchEngine
  let undone: String
  var progress = Progress(isShown: false)

  /// One whole sync. Throws if it did not come to its end, for whatever reason.
  mutating func sync() async throws -> SyncResult {
    let started = SteadyClock.milliseconds()
    var event = BranchEngine.Event.start
    var lastError: TransportError?
    var sentBytes = 0
    var receivedBytes = 0
    defer { progress.clear() }
    while true {
      let now = WallClock.systemMilliseconds()
      guard let effect = try engine.handle(event, wallMilliseconds: now).first else {
        throw CommandFailure(
          .unexpected, undone: undone, why: "The sync came to no end.", next: "Sync again.")
      }
      switch effect {
      case .send(let request):
        do throws(TransportError) {
          let answer = try await line.connection.send(Self.stamped(request))
          sentBytes += answer.requestBytes
          receivedBytes += answer.responseBytes
          event = .answered(
            answer.response, requestBytes: answer.requestBytes,
            responseBytes: answer.responseBytes)
        } catch {
          lastError = error
          event = try Self.event(for: error)
        }
      case .enrol(let offer):
        do {
          event = .enrolled(try await line.enrol(offer))
        } catch let error as TransportError {
          lastError = error
          event = try Self.event(for: error)
        } catch let refusal as Refusal {
          event = .answered(.refused(refusal), requestBytes: 0, responseBytes: 0)
        }
      case .identityChanged:
        try line.noteIdentity()
        event = .identityNoted
      case .wait(let milliseconds):
        try await SystemTimer().wait(milliseconds: milliseconds)
        event = .waited
      case .finish(let report):
        let elapsed = SteadyClock.milliseconds() - started
        return try finished(report, lastError: lastError, elapsedMilliseconds: elapsed)
      }
      progress.show(
        "Syncing: \(NumberText.bytes(sentBytes)) sent, \(NumberText.bytes(receivedBytes)) received",
        nowMilliseconds: SteadyClock.milliseconds())
    }
  }

  /// The request with the time at which it goes: sealing may have taken a while since the engine
  /// was told the time, and the hub compares clocks by it.
  private static func stamped(_ request: HubRequest) -> HubRequest {
    guard case .exchange(var exchange) = request else { return request }
    exchange.wallMilliseconds = WallClock.systemMilliseconds()
    return .exchange(exchange)
  }

  /// Silence and damage may pass and are tried again; what is no hub's answer now will be none the
  /// next time.
  private static func event(for error: TransportError) throws -> BranchEngine.Event {
    switch error {
    case .unreachable, .damaged: return .unanswered
    case .refused(let refusal):
      return .answered(.refused(refusal), requestBytes: 0, responseBytes: 0)
    case .notATributaryHub, .untrusted, .certificateRefused, .tooLarge: throw error
    }
  }

  private func finished(
    _ report: SyncReport, lastError: TransportError?, elapsedMilliseconds: Int64
  ) throws -> SyncResult {
    switch report.outcome {
    case .complete:
      return SyncResult(
        report: report, database: line.store.path, elapsedMilliseconds: elapsedMilliseconds)
    case .refused(let refusal): throw refusal
    case .unreachable:
      throw lastError ?? .unreachable("\(line.connection.url) did not get on with the sync")
    }
  }
}
