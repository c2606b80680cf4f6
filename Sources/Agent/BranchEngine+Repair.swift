internal import BranchStore
internal import Clocks
internal import Sessions

/// A repair under way, and the request that it waits for.
struct RepairWork {
  let repair: BranchRepair
  let backoff: Backoff
  /// Nil while it syncs.
  var request: HubRequest?
  var attemptCount = 0

  var isAsking: Bool { request != nil }
}

/// Comparing and healing, after a sync that had nothing left to do.
extension BranchEngine {
  func handleRepair(_ event: Event, _ wallMilliseconds: Int64) throws -> [Effect] {
    guard let work = repairWork, let request = work.request else { return [] }
    switch event {
    case .answered(let response, _, _):
      if case .refused(let refusal) = response, refusal.code != .withheld {
        guard refusal.code == .busy else { return [.finish(try summary(.refused(refusal)))] }
        return try repeatLater(else: .refused(refusal))
      }
      do {
        let next = try work.repair.handle(response, wallMilliseconds: wallMilliseconds)
        repairWork?.attemptCount = 0
        return [try effect(of: next, wallMilliseconds)]
      } catch is BranchComparison.UnexpectedAnswer {
        return try repeatLater(else: .unreachable)
      }
    case .unanswered: return try repeatLater(else: .unreachable)
    case .waited: return [.send(request)]
    case .start, .enrolled, .identityNoted: return []
    }
  }

  private func repeatLater(else outcome: BranchSession.Outcome) throws -> [Effect] {
    repairWork?.attemptCount += 1
    guard let work = repairWork, work.attemptCount < SessionLimits.attemptsMax else {
      return [.finish(try summary(outcome))]
    }
    return [.wait(milliseconds: work.backoff.milliseconds(afterAttempt: work.attemptCount))]
  }

  /// What a step of the repair asks for outside.
  func effect(of step: BranchRepair.Effect, _ wallMilliseconds: Int64) throws -> Effect {
    repairWork?.request = nil
    switch step {
    case .send(let request):
      repairWork?.request = request
      return .send(request)
    case .sync:
      session = Self.session(of: store)
      return try run(session.handle(.started), wallMilliseconds).first
        ?? .finish(try summary(.unreachable))
    case .finish(let repaired):
      report.repair = repaired
      return .finish(try summary(.complete))
    }
  }
}
