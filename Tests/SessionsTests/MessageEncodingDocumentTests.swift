import Basics
import Deltas
import Sessions
import TestSupport
import Testing

/// Holds what docs/protocol.md says of messages to the code.
@Suite struct MessageEncodingDocumentTests {
  @Test func theLimitsAreRight() throws {
    let limits: [String: Int] = [
      "inlineBytesMax": SessionLimits.inlineBytesMax, "pieceBytesMax": SessionLimits.pieceBytesMax,
      "bodyBytesMax": SessionLimits.bodyBytesMax,
      "changesetsPerExchangeMax": SessionLimits.changesetsPerExchangeMax,
      "changesetBytesMax": SessionLimits.changesetBytesMax,
      "deltaBytesMax": SessionLimits.deltaBytesMax,
      "policyBytesMax": SessionLimits.policyBytesMax,
      "compareBitsMax": SessionLimits.compareBitsMax,
      "compareBucketsMax": SessionLimits.compareBucketsMax,
      "compareRowsMax": SessionLimits.compareRowsMax, "fetchRowsMax": SessionLimits.fetchRowsMax,
      "explainCellsMax": SessionLimits.explainCellsMax,
      "explainConflictsMax": SessionLimits.explainConflictsMax,
      "tokenSecretBytesMax": SessionLimits.tokenSecretBytesMax,
      "certificateBytesMax": SessionLimits.certificateBytesMax,
      "messageTextBytesMax": SessionLimits.messageTextBytesMax,
      "generationsMax": SessionLimits.generationsMax, "noticesMax": SessionLimits.noticesMax,
      "handedEntriesMax": SessionLimits.handedEntriesMax,
      "handedPlacesMax": SessionLimits.handedPlacesMax,
    ]
    let documented = try ProtocolDocument.limits()
    for (name, limit) in limits { #expect(documented[name] == limit, "\(name)") }
    #expect(documented.count == limits.count + 23)
  }

  @Test func theMessageTypesAreThoseInUse() throws {
    let rows = try ProtocolDocument.rows(of: "Messages").filter { $0[0].hasPrefix("`") }
    let documented = Set(rows.map { $0[0] })
    let used = Set(MessageSamples.all(seed: 1).map { "`\(hexadecimal([$0.bytes[1]]))`" })
    #expect(documented == used)
  }

  @Test func theRefusalCodesAreRight() throws {
    let rows = try ProtocolDocument.rows(of: "Messages")
    let documented = rows.filter { Int($0[0]) != nil }.map { "\($0[0]) \($0[1])" }
    #expect(documented == RefusalCode.allCases.map { "\($0.rawValue) \($0)" })
  }
}
