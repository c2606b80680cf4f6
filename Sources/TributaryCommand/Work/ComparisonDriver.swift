internal import Agent
internal import Deltas
internal import Sessions
internal import Storage

/// Performs a comparison's effects.
struct ComparisonDriver {
  let line: HubLine
  var progress = Progress()

  mutating func run(_ comparison: BranchComparison) async throws -> [TableComparison] {
    defer { progress.clear() }
    var effect = try comparison.start()
    var questionCount = 0
    while true {
      switch effect {
      case .finish(let tables): return tables
      case .send(let request):
        questionCount += 1
        progress.show(
          "Comparing: \(NumberText.counted(questionCount, "question"))",
          nowMilliseconds: SteadyClock.milliseconds())
        let response = try await answer(to: request)
        do {
          effect = try comparison.handle(response)
        } catch let error as BranchComparison.UnexpectedAnswer {
          throw error.refusal ?? HubLine.unexpectedAnswer as any Error
        }
      }
    }
  }

  /// That the hub keeps a table's rows to itself is for the comparison.
  private func answer(to request: HubRequest) async throws -> HubResponse {
    do {
      return try await line.ask(request)
    } catch let refusal as Refusal where refusal.code == .withheld {
      return .refused(refusal)
    }
  }
}
