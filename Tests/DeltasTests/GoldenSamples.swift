import Basics
import Clocks
import Deltas
import TestSupport

/// What the golden files of changesets and deltas say. Never changed: a new version of the format
/// gets samples of its own.
enum GoldenSamples {
  static let generation = GenerationID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)

  static func header(counter: UInt64, isBaseline: Bool) -> ChangesetHeader {
    ChangesetHeader(
      dot: Dot(replica: ReplicaID(3), counter: counter),
      previous: counter == 1 ? .zero : ContentHash(of: Array("before".utf8)),
      context: CausalContext(generation: generation, position: LogPosition(300)),
      timestamp: HybridTimestamp(
        milliseconds: 1_760_000_000_123, counter: 7, replica: ReplicaID(3)),
      schemaFingerprint: ContentHash(of: Array("schema".utf8)), isBaseline: isBaseline)
  }

  static func change(
    _ kind: ChangeKind, key: [Value], _ values: [(UInt16, Value)], milliseconds: Int64,
    base: UInt64? = nil
  ) -> RowChange {
    RowChange(
      key: RowKey(table: TableID(2), values: key), kind: kind,
      columns: values.map { ColumnID($0.0) }, values: values.map(\.1),
      milliseconds: milliseconds, base: base.map { LogPosition($0) })
  }

  static let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"

  /// One column that takes every kind of value.
  static let kinds: [Value] = [
    .null, .integer(0), .integer(.min), .integer(.max), .integer(9_007_199_254_740_993), .real(0.0),
    .real(-0.0), .real(1.5), .real(bits: 0x7ff8_dead_beef_0001), .real(bits: 1), .text(""),
    .text("a\0b"), .text("南山支行"), .text("é"), .text("e\u{301}"), .text([0xff, 0xc3]),
    .text(uuid), .text(uuid.uppercased()), .blob([]), .blob([0, 1, 255]),
  ]

  static let valuesBlocks: [[RowChange]] = [
    kinds.enumerated().map { index, value in
      change(
        .insert, key: [.integer(Int64(index)), .text("k\(index)")], [(3, value), (300, .null)],
        milliseconds: 1_760_000_000_000 + Int64(index * index))
    },
    [
      change(
        .update, key: [.text(uuid), .real(-2.5)], [(4, .integer(5))], milliseconds: 5, base: 0),
      change(
        .update, key: [.blob([0]), .integer(-300)], [(4, .text("x"))], milliseconds: .max, base: 299
      ),
      change(.update, key: [.text("a\0"), .integer(1)], [(4, .null)], milliseconds: .min),
    ],
    [
      change(.delete, key: [.integer(-1), .integer(256)], [], milliseconds: 1_760_000_000_000),
      change(.delete, key: [.integer(.max), .text("")], [], milliseconds: 1_760_000_000_000),
    ],
  ]

  /// Enough alike to be compressed.
  static let rowsBlocks: [[RowChange]] = [
    (1...300).map { index in
      change(
        .insert, key: [.integer(Int64(index)), .text("customer")],
        [(3, .text("Customer number \(index) of the branch")), (4, .integer(Int64(index % 7)))],
        milliseconds: 1_760_000_000_000)
    }
  ]

  static func entry(_ position: UInt64, replica: UInt32, hasBlocks: Bool) -> DeltaEntry {
    DeltaEntry(
      position: LogPosition(position), dot: Dot(replica: ReplicaID(replica), counter: 12),
      contentHash: ContentHash(of: [UInt8(position)]),
      timestamp: HybridTimestamp(
        milliseconds: 1_760_000_000_000, counter: 0, replica: ReplicaID(replica)),
      clockOffsetMilliseconds: -1_500, receivedMilliseconds: 1_760_000_100_000,
      hasBlocks: hasBlocks)
  }

  static let conflicts = [
    Conflict(
      id: 1, position: LogPosition(6),
      key: RowKey(table: TableID(2), values: [.integer(17), .text("k")]), column: ColumnID(3),
      base: .text("before"),
      values: [
        ConflictValue(
          dot: Dot(replica: ReplicaID(2), counter: 12), milliseconds: 1_760_000_000_000,
          value: .text("later")),
        ConflictValue(dot: Dot(replica: ReplicaID(3), counter: 1), milliseconds: nil, value: .null),
      ], rule: "latest", state: .settled, explanation: "The later write stands."),
    Conflict(
      id: 2, position: LogPosition(6),
      key: RowKey(table: TableID(2), values: [.integer(18), .text("k")]), column: nil, base: nil,
      values: [
        ConflictValue(
          dot: Dot(replica: ReplicaID(2), counter: 12), milliseconds: 2, value: .integer(1)),
        ConflictValue(dot: Dot(replica: ReplicaID(3), counter: 1), milliseconds: 1, value: nil),
      ], rule: "latest", state: .open, explanation: "更改有效，删除无效。"),
  ]

  /// What goes between the header and the trailer of a delta in format 1.
  static let contestedDelta: [Frame] = [
    Frame(type: .entry, payload: entry(6, replica: 2, hasBlocks: true).payload),
    blockFrame(.block, valuesBlocks[1]), blockFrame(.block, valuesBlocks[2]),
    blockFrame(
      .outcome,
      [change(.insert, key: [.integer(17), .text("k")], [(3, .text("later"))], milliseconds: 2)]),
    blockFrame(
      .outcome, [change(.delete, key: [.integer(18), .text("k")], [], milliseconds: 2)]),
    Frame(type: .conflicts, payload: Conflict.formerPayload(of: conflicts)),
    Frame(type: .entry, payload: entry(7, replica: 3, hasBlocks: false).payload),
  ]

  static func blockFrame(_ type: FrameType, _ changes: [RowChange]) -> Frame {
    Frame(type: type, payload: compressedBlock(raw: rawBlock(changes)))
  }

  static func deltaHeader(to: UInt64) -> DeltaHeader {
    DeltaHeader(
      formatVersion: 1, generation: generation, from: LogPosition(5), to: LogPosition(to),
      receiver: ReplicaID(3))
  }

  static let changesets: [String: (header: ChangesetHeader, blocks: [[RowChange]])] = [
    "empty.changeset": (header(counter: 1, isBaseline: false), []),
    "values.changeset": (header(counter: 300, isBaseline: false), valuesBlocks),
    "rows.changeset": (header(counter: 2, isBaseline: true), rowsBlocks),
  ]

  static let deltas: [String: [UInt8]] = [
    "nothing.delta": Streams.delta(deltaHeader(to: 5), []),
    "contested.delta": Streams.delta(deltaHeader(to: 7), contestedDelta),
  ]
}
