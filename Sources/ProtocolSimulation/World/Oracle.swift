/// What a checker looks for.
package enum Oracle: String, CaseIterable, Sendable {
  case convergence = "all have the same rows"
  case prefix = "a branch's rows are the hub's at its position"
  case noLoss = "no write is lost"
  case falseCausality = "no write counts as seen that was not"
  case spuriousConflict = "no conflict with what was seen"
  case outcome = "what stands is a function of the set"
  case onceOnly = "each write is in the log once"
  case identity = "one name means one thing"
  case ledger = "every overruled write is in the ledger"
  case bounds = "what is kept is bounded"
  case lossReport = "losses are reported if and only if nobody has them"
  case notices = "people are told of copies"
  case tails = "what no backup has is kept, and comes back"
  case draining = "everything drains"
  case economy = "nobody is sent what it has"
}

/// What a checker found.
package struct ProtocolViolation: Hashable, Sendable {
  package var oracle: Oracle
  package var sentence: String
}
