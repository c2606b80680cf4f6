/// What a conversation may measure.
package enum SessionLimits {
  /// Changesets up to this many bytes together travel inside an exchange.
  package static let inlineBytesMax = 1 << 20
  /// One piece of an upload or download.
  package static let pieceBytesMax = 1 << 20
  /// One message's body. Refused above this before anything is parsed.
  package static let bodyBytesMax = 4 << 20
  package static let changesetsPerExchangeMax = 1_000
  package static let changesetBytesMax = 8 << 30
  /// A whole delta, however many pieces it comes in.
  package static let deltaBytesMax = 1 << 40
  package static let compareBitsMax = 14
  package static let compareBucketsMax = 1 << 14
  package static let compareRowsMax = 40_000
  package static let fetchRowsMax = 1_000
  package static let explainCellsMax = 10_000
  package static let explainConflictsMax = 1_000
  package static let tokenSecretBytesMax = 64
  /// A certificate or the request for one, DER.
  package static let certificateBytesMax = 16 << 10
  package static let messageTextBytesMax = 1 << 12
  /// A merge policy's canonical bytes.
  package static let policyBytesMax = 1 << 20
  /// Generations in one message.
  package static let generationsMax = 1 << 16
  /// Notices in one answer; the rest comes with the next.
  package static let noticesMax = 100
  /// Entries in one message that hands back.
  package static let handedEntriesMax = 1_000
  /// Names of one entry's place.
  package static let handedPlacesMax = 1_000
  /// How long the hub holds a request for news before it answers with none.
  package static let newsPatienceMilliseconds = 25_000
  /// How often one step is tried before the session ends as unreachable.
  package static let attemptsMax = 5
  /// How many exchanges a session adds for what is written while it runs.
  package static let extraRoundsMax = 8
  /// How many exchanges may bring nothing on before the session ends as unreachable.
  package static let stallsMax = 3
  /// How often one session hands back.
  package static let relocationsMax = 3
  /// How often one session adopts an identity.
  package static let adoptionsMax = 2
  /// How often one session tells its schema.
  package static let schemasMax = 3
  package static let backoffMillisecondsMin: Int64 = 200
  package static let backoffMillisecondsMax: Int64 = 10_000
}
