import Basics
import Clocks
import Deltas
import Sessions
import TestSupport

/// Messages of every type, with every field used and with as few as possible.
enum MessageSamples {
  static func requests(seed: UInt64) -> [HubRequest] {
    var generator = SeededGenerator(seed: seed)
    let uploaded = UploadedChangeset(
      counter: generator.counter(), contentHash: generator.hash(),
      byteCount: 1_000 + generator.int(below: 100_000))
    return [
      .exchange(
        ExchangeRequest(
          schemaFingerprint: generator.hash(),
          integrated: CausalContext(
            generation: generator.generation(), position: generator.position()),
          wallMilliseconds: generator.milliseconds(),
          changesets: (0..<3).map { _ in generator.bytes(countBelow: 60) }, uploaded: uploaded,
          resumeTo: generator.position(), logHash: generator.hash(), floor: generator.position(),
          sealed: generator.chainHead(), noticed: generator.counter(),
          handedTo: generator.generation(), wantsAll: true)),
      .exchange(
        ExchangeRequest(
          schemaFingerprint: .zero, integrated: nil, wallMilliseconds: -1, changesets: [],
          uploaded: nil)),
      .upload(
        UploadRequest(changeset: uploaded, offset: 7, bytes: generator.bytes(countBelow: 60))),
      .upload(UploadRequest(changeset: uploaded, offset: 0, bytes: [])),
      .download(
        DownloadRequest(
          generation: generator.generation(), from: generator.position(),
          to: generator.position(), offset: 1 << 39, byteCount: SessionLimits.pieceBytesMax)),
      .download(
        DownloadRequest(
          generation: generator.generation(), from: .start, to: generator.position(), offset: 0,
          byteCount: 0, isForAnyone: true, isWholeState: true)),
      .compare(CompareRequest(table: TableID(1), bits: 0, buckets: [])),
      .compare(CompareRequest(table: TableID(.max), bits: 14, buckets: [0, 5, 16_383])),
      .fetchRows(
        FetchRowsRequest(
          table: TableID(2), keys: (0..<3).map { _ in generator.rowChange().key.encoded })),
      .explain(ExplainRequest(table: TableID(3), key: generator.rowChange().key.encoded)),
      .trace(
        TraceRequest(
          table: TableID(3), key: generator.rowChange().key.encoded, counter: 0)),
      .awaitNews(after: generator.position()), .describe, .policy,
    ] + identityRequests(&generator, uploaded)
  }

  private static func identityRequests(
    _ generator: inout SeededGenerator, _ uploaded: UploadedChangeset
  ) -> [HubRequest] {
    let places = (0..<3).map { _ in generator.place() }
    let inline = HandedEntry(
      places: places, dot: generator.dot(), name: "罗湖支行", clockOffsetMilliseconds: -1_500,
      receivedMilliseconds: generator.milliseconds(),
      seen: generator.place(),
      seenAlso: [EntryKnowledge.Also(since: .start, position: generator.position())],
      source: .inline(generator.bytes(countBelow: 60)))
    let staged = HandedEntry(
      places: [], dot: generator.dot(), name: "", clockOffsetMilliseconds: 0,
      receivedMilliseconds: 0, seen: generator.place(), seenAlso: [], source: .uploaded(uploaded))
    let links = [
      LineageLink(generation: generator.generation(), parent: nil, fork: .start),
      LineageLink(
        generation: generator.generation(), parent: generator.generation(),
        fork: generator.position()),
    ]
    let handBack = HandBackRequest(
      lineage: links, timeline: generator.place(), path: generator.generation(),
      entries: [inline, staged], isLast: true,
      vector: (0..<3).map { _ in generator.dot() })
    let nothing = HandBackRequest(
      lineage: [], timeline: generator.place(), path: generator.generation(),
      entries: [], isLast: false, vector: [])
    let adopt = AdoptRequest(
      previous: generator.replica(), confirmed: generator.chainHead())
    return [
      .place, .handBack(handBack), .handBack(nothing), .fork(branch: "南山支行"), .adopt(adopt),
      .adopt(AdoptRequest(previous: generator.replica(), confirmed: .none)),
      .schema(SampleSchema.schema),
      .compare(
        CompareRequest(
          table: TableID(9), columns: [ColumnID(2), ColumnID(40_000)], bits: 2, buckets: [3])),
    ]
  }

  static func responses(seed: UInt64) -> [HubResponse] {
    var generator = SeededGenerator(seed: seed)
    let names = [
      ReplicaName(replica: ReplicaID(1), name: "南山支行"),
      ReplicaName(replica: generator.replica(), name: ""),
    ]
    let cells = (0..<3).map { (index: Int) -> CellProvenance in
      CellProvenance(
        column: index == 0 ? nil : ColumnID(UInt16(index)), dot: generator.dot(),
        branch: "field rep", position: generator.position(),
        milliseconds: index == 1 ? nil : generator.milliseconds(),
        receivedMilliseconds: generator.milliseconds(),
        value: index == 2 ? nil : generator.value())
    }
    let emptyExchange = ExchangeResponse(
      accepted: [], generation: generator.generation(), from: .start, to: .start,
      deltaByteCount: 0, deltaBytes: [], vectorDifference: [], names: [],
      clockOffsetMilliseconds: 0, timestamp: generator.timestamp())
    let buckets = (0..<4).map { (count: Int) -> StateDigest in
      StateDigest(rowCount: count, high: generator.next(), low: generator.next())
    }
    let keyed = (0..<3).map { (_: Int) -> KeyedDigest in
      KeyedDigest(
        key: generator.rowChange().key.encoded,
        digest: RowDigest(high: generator.next(), low: generator.next()))
    }
    let description = HubDescription(
      generation: generator.generation(), head: generator.position(), schema: schema,
      names: names)
    let explanation = ExplainResponse(
      exists: true, cells: cells, conflicts: [generator.conflict()], names: names)
    return [
      .exchange(exchange(&generator, names)), .exchange(emptyExchange),
      .uploaded(byteCount: SessionLimits.changesetBytesMax),
      .download(
        DownloadResponse(offset: 10, deltaByteCount: 100, bytes: generator.bytes(countBelow: 60))),
      .compare(CompareResponse(position: generator.position(), buckets: buckets, rows: [])),
      .compare(CompareResponse(position: generator.position(), buckets: [], rows: keyed)),
      .rows(FetchRowsResponse(rows: [nil, [], (0..<8).map { _ in generator.value() }])),
      .explanation(explanation),
      .explanation(ExplainResponse(exists: false, cells: [], conflicts: [], names: [])),
      .news(generation: generator.generation(), head: generator.position()),
      .description(description),
      .path(
        PathResponse(
          steps: [
            GenerationStep(generation: generator.generation(), fork: .start),
            GenerationStep(generation: generator.generation(), fork: generator.position()),
          ], head: generator.position(), isAmbiguous: true)),
      .path(PathResponse(steps: [], head: .start)),
      .handedBack(
        HandBackResponse(
          place: generator.place(), positions: [generator.position(), generator.position()],
          lossCount: generator.counter())),
      .forkOffer(ForkOffer(secret: generator.bytes(countBelow: 30), name: "南山支行 (2)")),
      .adopted(parentHash: generator.hash()),
      .policy(PolicyResponse(version: 0, encoded: [])),
      .trace(TraceResponse(changeset: nil, last: nil, branches: [])), trace(&generator),
      .policy(
        PolicyResponse(version: generator.counter(), encoded: generator.bytes(countBelow: 60))),
      .schema(SampleSchema.schema),
      .refused(Refusal(code: .chainBroken, message: "Changeset 7 does not continue. 请重新加入。")),
      .refused(Refusal(code: .busy, message: "")),
      .refused(
        Refusal(
          code: .retired, message: "",
          salvage: Salvage(counter: generator.counter(), changesetCount: 0))),
    ]
  }

  private static func trace(_ generator: inout SeededGenerator) -> HubResponse {
    .trace(
      TraceResponse(
        changeset: nil,
        last: TraceResponse.Arrival(position: generator.position(), receivedMilliseconds: -5),
        branches: [
          TraceResponse.Branch(
            name: "书法", acknowledged: generator.position(), lastContactMilliseconds: 7),
          TraceResponse.Branch(name: "B", acknowledged: .start, lastContactMilliseconds: nil),
        ]))
  }

  private static func exchange(
    _ generator: inout SeededGenerator, _ names: [ReplicaName]
  ) -> ExchangeResponse {
    ExchangeResponse(
      accepted: (0..<2).map { _ in
        AcceptedChangeset(
          counter: generator.counter(), contentHash: generator.hash(),
          position: generator.position(), clockOffsetMilliseconds: generator.milliseconds(),
          receivedMilliseconds: generator.milliseconds())
      },
      generation: generator.generation(), from: generator.position(), to: generator.position(),
      deltaByteCount: 60, deltaBytes: generator.bytes(countBelow: 60),
      vectorDifference: (0..<3).map { _ in generator.dot() }, names: names,
      clockOffsetMilliseconds: generator.milliseconds(), timestamp: generator.timestamp(),
      isForAnyone: generator.chance(500), isWholeState: generator.chance(500),
      logHash: generator.hash(), durable: generator.position(), backupNumber: generator.counter(),
      lineage: (0..<2).map { _ in
        GenerationStep(generation: generator.generation(), fork: generator.position())
      },
      notices: (0..<2).map { _ in
        Notice(
          number: generator.counter(), milliseconds: generator.milliseconds(), text: "Two copies.")
      },
      policy: PolicyMark(
        version: generator.counter(), contentHash: generator.hash()))
  }

  static let schema = Schema(
    tables: [
      TableSchema(
        id: TableID(1), name: "customer",
        columns: [
          ColumnSchema(
            id: ColumnID(1), name: "id", declaredType: "INTEGER", affinity: .integer,
            isNotNull: true, collation: "BINARY"),
          ColumnSchema(
            id: ColumnID(2), name: "名字", declaredType: "", affinity: .blob, isNotNull: false,
            collation: "NOCASE"),
        ], keyColumns: [ColumnID(1)], isWithoutRowID: false, isStrict: true,
        createSQL: "CREATE TABLE customer(id INTEGER PRIMARY KEY, 名字)")
    ], otherSQL: ["CREATE VIEW v AS SELECT 1"])

  static let enrolRequest = EnrolRequest(
    tokenSecret: [UInt8](repeating: 7, count: 16), certificateRequest: [0x30, 0x82, 0x01])

  static let enrolResponse = EnrolResponse(
    replica: ReplicaID(9), branch: "罗湖支行", certificate: [0x30, 0x82],
    generation: GenerationID(high: 1, low: 2), schema: schema)

  /// Every sample as bytes, with what reads it and writes it again.
  static func all(seed: UInt64) -> [(name: String, bytes: [UInt8], again: Again)] {
    requests(seed: seed).map { ("\($0)", $0.encoded, { try HubRequest(encoded: $0).encoded }) }
      + responses(seed: seed).map {
        ("\($0)", $0.encoded, { try HubResponse(encoded: $0).encoded })
      } + [
        ("enrol", enrolRequest.encoded, { try EnrolRequest(encoded: $0).encoded }),
        ("enrolled", enrolResponse.encoded, { try EnrolResponse(encoded: $0).encoded }),
      ]
  }

  typealias Again = ([UInt8]) throws -> [UInt8]
}

extension SeededGenerator {
  fileprivate mutating func place() -> CausalContext {
    CausalContext(generation: generation(), position: position())
  }

  fileprivate mutating func chainHead() -> ChainHead {
    ChainHead(counter: counter(), hash: hash())
  }
}
