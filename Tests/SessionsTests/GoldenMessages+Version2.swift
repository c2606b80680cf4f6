import Basics
import Clocks
import Deltas
import Sessions

extension GoldenMessages {
  private static let older = GenerationID(high: 1, low: 2)
  private static let place = CausalContext(generation: generation, position: LogPosition(300))
  private static let head = ChainHead(counter: 300, hash: hash)
  private static let steps = [
    GenerationStep(generation: older, fork: .start),
    GenerationStep(generation: generation, fork: LogPosition(250)),
  ]

  private static let exchange = ExchangeRequest(
    schemaFingerprint: hash, integrated: place, wallMilliseconds: 1_760_000_000_000,
    changesets: [[1, 2, 3], []], uploaded: uploaded, resumeTo: LogPosition(400), logHash: hash,
    floor: LogPosition(290), sealed: head, noticed: 5, handedTo: older)

  private static let handBack = HandBackRequest(
    lineage: [
      LineageLink(generation: older, parent: nil, fork: .start),
      LineageLink(generation: generation, parent: older, fork: LogPosition(250)),
    ], timeline: place, path: older,
    entries: [
      HandedEntry(
        places: [place, CausalContext(generation: older, position: LogPosition(300))], dot: dot,
        name: "罗湖支行", clockOffsetMilliseconds: -1_500,
        receivedMilliseconds: 1_760_000_000_000, seen: place,
        seenAlso: [EntryKnowledge.Also(since: LogPosition(4), position: LogPosition(310))],
        source: .inline([1, 2, 3])),
      HandedEntry(
        places: [], dot: dot, name: "", clockOffsetMilliseconds: 0, receivedMilliseconds: 0,
        seen: place, seenAlso: [],
        source: .uploaded(uploaded)),
    ], isLast: true, vector: [dot])

  static let secondRequests: [String: HubRequest] = requests.merging([
    "request-exchange.message": .exchange(exchange),
    "request-download.message": .download(
      DownloadRequest(
        generation: generation, from: LogPosition(300), to: LogPosition(400), offset: 1 << 33,
        byteCount: 1 << 20, isForAnyone: true)),
    "request-place.message": .place,
    "request-hand-back.message": .handBack(handBack),
    "request-fork.message": .fork(branch: "罗湖支行"),
    "request-adopt.message": .adopt(
      AdoptRequest(previous: dot.replica, confirmed: head)),
  ]) { $1 }

  static let secondResponses: [String: HubResponse] = responses.merging([
    "answer-exchange.message": .exchange(
      ExchangeResponse(
        accepted: [
          AcceptedChangeset(
            counter: 300, contentHash: hash, position: LogPosition(401),
            clockOffsetMilliseconds: -1_500, receivedMilliseconds: 1_760_000_000_000)
        ], generation: generation, from: LogPosition(300), to: LogPosition(401),
        deltaByteCount: 70_000, deltaBytes: [4, 5, 6], vectorDifference: [dot], names: names,
        clockOffsetMilliseconds: -1_500, timestamp: timestamp, isForAnyone: true,
        isWholeState: false, logHash: hash, durable: LogPosition(280), backupNumber: 12,
        lineage: [steps[1]],
        notices: [Notice(number: 6, milliseconds: 1_760_000_000_000, text: "Two copies.")],
        lossCount: 3)),
    "answer-place.message": .path(
      PathResponse(steps: steps, head: LogPosition(402), isAmbiguous: true)),
    "answer-hand-back.message": .handedBack(
      HandBackResponse(
        place: place, positions: [LogPosition(401), LogPosition(399)], lossCount: 2)),
    "answer-fork.message": .forkOffer(ForkOffer(secret: [1, 2, 3], name: "罗湖支行 (2)")),
    "answer-adopt.message": .adopted(parentHash: hash),
    "answer-retired.message": .refused(
      Refusal(
        code: .retired, message: "The branch was retired.",
        salvage: Salvage(counter: 300, changesetCount: 12))),
  ]) { $1 }
}
