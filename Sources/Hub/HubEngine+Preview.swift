internal import Deltas
internal import HubStore
package import Sessions

extension HubEngine {
  /// Answers somebody who holds a token and has not enrolled yet: the schema, and how the hub's
  /// rows compare with those of a database. Refuses everything else; changes nothing.
  ///
  /// Whoever calls has looked at the token.
  package func preview(_ request: HubRequest) -> HubResponse {
    do {
      switch request {
      case .describe:
        return .description(try description(names: []))
      case .compare(let request): return .compare(try compare(request))
      case .fetchRows(let request): return .rows(try fetchRows(request))
      case .exchange, .upload, .download, .explain, .trace, .awaitNews, .place, .handBack, .fork,
        .adopt, .policy, .schema:
        return .refused(
          Refusal(
            code: .notAllowed,
            message: "The hub did not answer: only a device that has joined may ask that."))
      }
    } catch {
      return .refused(Refusal(error))
    }
  }
}
