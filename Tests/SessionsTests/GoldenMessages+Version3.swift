import Basics
import Clocks
import Deltas
import Sessions

extension GoldenMessages {
  static let thirdRequests: [String: HubRequest] = [
    "request-policy.message": .policy,
    "request-trace.message": .trace(TraceRequest(table: TableID(2), key: [1, 2], counter: 300)),
  ]

  private static let unit = Conflict(
    id: 2, position: LogPosition(7), key: RowKey(table: TableID(2), values: [.integer(17)]),
    columns: [ColumnID(3), ColumnID(5)], bases: [.text("before"), .null],
    sides: [
      ConflictSide(
        dot: dot, milliseconds: 5, clockOffsetMilliseconds: -86_400_000,
        values: [.text("later"), .integer(1)]),
      ConflictSide(
        dot: Dot(replica: ReplicaID(4), counter: 1), milliseconds: nil,
        values: [.text("earlier"), .real(1.5)]),
    ], rule: "latest", state: .decided, explanation: "Li decided: what A did stands.")

  private static let refused = Conflict(
    id: 3, position: LogPosition(8), key: RowKey(table: TableID(2), values: [.integer(18)]),
    columns: [], bases: nil,
    sides: [
      ConflictSide(dot: dot, milliseconds: 5, values: []),
      ConflictSide(dot: dot, milliseconds: 6, clockOffsetMilliseconds: 0, values: nil),
    ], rule: "authority", state: .refused, explanation: "Only headquarters may write this.")

  static let thirdResponses: [String: HubResponse] = [
    "answer-trace.message": .trace(
      TraceResponse(
        changeset: nil,
        last: TraceResponse.Arrival(
          position: LogPosition(401), receivedMilliseconds: 1_760_000_100_000),
        branches: [
          TraceResponse.Branch(
            name: "书法", acknowledged: LogPosition(400), lastContactMilliseconds: -5),
          TraceResponse.Branch(name: "B", acknowledged: .start, lastContactMilliseconds: nil),
        ])),
    "answer-policy.message": .policy(PolicyResponse(version: 300, encoded: [1, 2, 3])),
    "answer-exchange.message": .exchange(exchanged(policy: nil)),
    "answer-exchange-policy.message": .exchange(
      exchanged(policy: PolicyMark(version: 300, contentHash: hash))),
    "answer-explain.message": .explanation(
      ExplainResponse(
        exists: true, cells: [cell], conflicts: [unit, refused, conflict], names: names)),
  ]

  private static func exchanged(policy: PolicyMark?) -> ExchangeResponse {
    ExchangeResponse(
      accepted: [
        AcceptedChangeset(
          counter: 300, contentHash: hash, position: LogPosition(401),
          clockOffsetMilliseconds: -1_500, receivedMilliseconds: 1_760_000_100_000)
      ], generation: generation, from: LogPosition(300), to: LogPosition(401),
      deltaByteCount: 70_000, deltaBytes: [4, 5, 6], vectorDifference: [dot], names: names,
      clockOffsetMilliseconds: -1_500, timestamp: timestamp,
      notices: [Notice(number: 6, milliseconds: 1_760_000_000_000, text: "Two copies.")],
      policy: policy)
  }
}
