/// Why the hub did nothing, for the program and for people.
package struct Refusal: Error, Hashable, Sendable {
  package var code: RefusalCode
  /// What was not done, why, and what to do next.
  package var message: String
  /// Of a retired branch's exchange: what became of it.
  package var salvage: Salvage?

  package init(code: RefusalCode, message: String, salvage: Salvage? = nil) {
    self.code = code
    self.message = message
    self.salvage = salvage
  }
}
