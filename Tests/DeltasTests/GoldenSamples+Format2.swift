import Basics
import Clocks
import Deltas
import TestSupport

extension GoldenSamples {
  /// An author's header, a block and a stub, then what it was contested with; an entry of the
  /// receiver's own.
  private static let contestedEntries: [Frame] = {
    let author = header(counter: 12, isBaseline: false)
    let stub = BlockStub(raw: rawBlock(valuesBlocks[1]), rowCount: valuesBlocks[1].count)
    var head = entry(6, replica: 2, hasBlocks: true)
    head.seen = EntryKnowledge(
      upTo: LogPosition(2), also: [.init(since: LogPosition(3), position: LogPosition(4))])
    head.contentHash = ContentHash(
      of: author.payload + stub.hash.bytes + ContentHash(of: rawBlock(valuesBlocks[2])).bytes)
    var last = entry(7, replica: 3, hasBlocks: false)
    last.seen = EntryKnowledge(upTo: LogPosition(6))
    let own = Frame(type: .entry, payload: last.payload)
    return [
      Frame(type: .entry, payload: head.payload),
      Frame(type: .changesetHeader, payload: author.payload),
      Frame(type: .stub, payload: stub.payload), blockFrame(.block, valuesBlocks[2]),
    ] + contestedDelta.suffix(4).dropLast() + [own]
  }()

  private static func secondHeader(
    from: UInt64, to: UInt64, receiver: UInt32, isWholeState: Bool = false
  ) -> DeltaHeader {
    DeltaHeader(
      formatVersion: 2, generation: generation, from: LogPosition(from), to: LogPosition(to),
      receiver: ReplicaID(receiver), isWholeState: isWholeState)
  }

  /// Deltas of format 2.
  static let secondDeltas: [String: [UInt8]] = [
    "nothing.delta": Streams.delta(secondHeader(from: 5, to: 5, receiver: 3), []),
    "contested.delta": Streams.delta(secondHeader(from: 5, to: 7, receiver: 3), contestedEntries),
    "whole-state.delta": Streams.delta(
      secondHeader(from: 0, to: 7, receiver: 0, isWholeState: true),
      [
        blockFrame(.outcome, valuesBlocks[0]),
        Frame(type: .conflicts, payload: Conflict.formerPayload(of: conflicts)),
      ]),
  ]
}
