import Basics
import Clocks
import Deltas
import Sessions

/// What the golden messages say. Never changed: a new version has samples of its own.
enum GoldenMessages {
  static let generation = GenerationID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
  static let hash = ContentHash(of: Array("changeset".utf8))
  static let uploaded = UploadedChangeset(counter: 300, contentHash: hash, byteCount: 5_000_000)
  static let key = RowKey(table: TableID(2), values: [.integer(17), .text("k")]).encoded
  static let dot = Dot(replica: ReplicaID(3), counter: 300)
  static let timestamp = HybridTimestamp(
    milliseconds: 1_760_000_000_123, counter: 7, replica: .hub)
  static let names = [ReplicaName(replica: ReplicaID(3), name: "罗湖支行")]

  static let requests: [String: HubRequest] = [
    "request-exchange.message": .exchange(
      ExchangeRequest(
        schemaFingerprint: hash,
        integrated: CausalContext(generation: generation, position: LogPosition(300)),
        wallMilliseconds: 1_760_000_000_000, changesets: [[1, 2, 3], []], uploaded: uploaded)),
    "request-first-exchange.message": .exchange(
      ExchangeRequest(
        schemaFingerprint: hash, integrated: nil, wallMilliseconds: -5, changesets: [],
        uploaded: nil)),
    "request-upload.message": .upload(
      UploadRequest(changeset: uploaded, offset: 1_000_000, bytes: [9, 8, 7])),
    "request-download.message": .download(
      DownloadRequest(
        generation: generation, from: LogPosition(300), to: LogPosition(400), offset: 1 << 33,
        byteCount: 1 << 20)),
    "request-compare.message": .compare(
      CompareRequest(table: TableID(2), bits: 10, buckets: [0, 7, 1_023])),
    "request-rows.message": .fetchRows(FetchRowsRequest(table: TableID(2), keys: [key])),
    "request-explain.message": .explain(ExplainRequest(table: TableID(2), key: key)),
    "request-news.message": .awaitNews(after: LogPosition(400)),
    "request-describe.message": .describe,
  ]

  static let conflict = Conflict(
    id: 1, position: LogPosition(6), key: RowKey(table: TableID(2), values: [.integer(17)]),
    column: ColumnID(3), base: nil,
    values: [
      ConflictValue(dot: dot, milliseconds: 5, value: .text("later")),
      ConflictValue(dot: Dot(replica: ReplicaID(4), counter: 1), milliseconds: nil, value: nil),
    ], rule: "latest", state: .settled, explanation: "The later write stands.")

  static let cell = CellProvenance(
    column: ColumnID(3), dot: dot, branch: "罗湖支行", position: LogPosition(6), milliseconds: 5,
    receivedMilliseconds: 6, value: .real(1.5))

  static let responses: [String: HubResponse] = [
    "answer-exchange.message": .exchange(
      ExchangeResponse(
        accepted: [
          AcceptedChangeset(counter: 300, contentHash: hash, position: LogPosition(401))
        ], generation: generation, from: LogPosition(300), to: LogPosition(401),
        deltaByteCount: 70_000, deltaBytes: [4, 5, 6], vectorDifference: [dot], names: names,
        clockOffsetMilliseconds: -1_500, timestamp: timestamp)),
    "answer-upload.message": .uploaded(byteCount: 1_000_003),
    "answer-download.message": .download(
      DownloadResponse(offset: 1 << 33, deltaByteCount: 1 << 34, bytes: [1])),
    "answer-compare.message": .compare(
      CompareResponse(
        position: LogPosition(401), buckets: [StateDigest(rowCount: 9, high: 1, low: .max)],
        rows: [KeyedDigest(key: key, digest: RowDigest(high: 2, low: 3))])),
    "answer-rows.message": .rows(
      FetchRowsResponse(
        rows: [
          nil,
          [
            .null, .integer(-1), .real(bits: 0x7ff8_dead_beef_0001), .text("é"), .text("e\u{301}"),
            .blob([0]),
          ],
        ])),
    "answer-explain.message": .explanation(
      ExplainResponse(exists: true, cells: [cell], conflicts: [conflict], names: names)),
    "answer-news.message": .news(generation: generation, head: LogPosition(402)),
    "answer-describe.message": .description(
      HubDescription(
        generation: generation, head: LogPosition(402), schema: MessageSamples.schema,
        names: names)),
    "answer-refused.message": .refused(
      Refusal(code: .schemaMismatch, message: "The schemas differ. 请更新。")),
  ]
}
