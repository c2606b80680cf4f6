import Basics
import Clocks
import Deltas
import TestSupport

extension GoldenSamples {
  private static func counted(
    _ key: [Value], _ values: [(column: UInt16, value: Value, previous: Value?)],
    milliseconds: Int64, base: UInt64? = nil
  ) -> RowChange {
    RowChange(
      key: RowKey(table: TableID(2), values: key), kind: .update,
      columns: values.map { ColumnID($0.column) }, values: values.map(\.value),
      previous: values.map(\.previous), milliseconds: milliseconds,
      base: base.map { LogPosition($0) })
  }

  /// A column that counts between two that do not, with every kind of value before and after; one
  /// that counts alone; two; and rows that do not.
  static let countedBlocks: [[RowChange]] = [
    kinds.enumerated().map { index, value in
      counted(
        [.integer(Int64(index)), .text("k\(index)")],
        [(3, .null, nil), (4, value, kinds[kinds.count - 1 - index]), (300, .text("x"), nil)],
        milliseconds: 1_760_000_000_000 + Int64(index * index))
    },
    [
      counted(
        [.text(uuid), .real(-2.5)], [(4, .integer(25), .integer(5))], milliseconds: 5, base: 0),
      counted(
        [.blob([0]), .integer(-300)], [(4, .integer(.min), .null)], milliseconds: .max, base: 299),
    ],
    [
      counted(
        [.integer(17), .text("")],
        [(4, .integer(7), .integer(7)), (5, .text(#"["a","b"]"#), .text(#"["a"]"#))],
        milliseconds: 1_760_000_000_000)
    ],
    valuesBlocks[1], valuesBlocks[2],
  ]

  static func countedHeader(counter: UInt64, origin: ContentHash? = nil) -> ChangesetHeader {
    var result = header(counter: counter, isBaseline: false)
    result.mayCount = true
    result.origin = origin
    return result
  }

  /// Changesets of format 3.
  static let thirdChangesets: [String: (header: ChangesetHeader, blocks: [[RowChange]])] = [
    "counted.changeset": (countedHeader(counter: 4), countedBlocks),
    "rechained-counted.changeset": (
      countedHeader(counter: 1, origin: ContentHash(of: [1, 2])), [countedBlocks[1]]
    ),
  ]

  /// A delta in which an author has counted: its own format is that of others.
  static let thirdDeltas: [String: [UInt8]] = {
    let author = countedHeader(counter: 12)
    var head = entry(6, replica: 3, hasBlocks: true)
    head.seen = EntryKnowledge(upTo: LogPosition(2))
    head.contentHash = ContentHash(
      of: author.payload + ContentHash(of: rawBlock(countedBlocks[1])).bytes)
    let header = DeltaHeader(
      generation: generation, from: LogPosition(5), to: LogPosition(6), receiver: ReplicaID(2))
    let frames = [
      Frame(type: .entry, payload: head.payload),
      Frame(type: .changesetHeader, payload: author.payload),
      blockFrame(.block, countedBlocks[1]),
    ]
    let told =
      conflicts + [
        Conflict(
          id: 3, position: LogPosition(6),
          key: RowKey(table: TableID(2), values: [.integer(19), .text("k")]),
          columns: [ColumnID(3), ColumnID(5)], bases: [.text("before"), .null],
          sides: [
            ConflictSide(
              dot: Dot(replica: ReplicaID(2), counter: 12), milliseconds: 5,
              clockOffsetMilliseconds: -86_400_000, values: [.text("later"), .integer(1)]),
            ConflictSide(
              dot: Dot(replica: ReplicaID(3), counter: 1), milliseconds: nil,
              values: [.text("earlier"), .real(bits: 1)]),
          ], rule: "latest", state: .decided, explanation: "Li decided: what A did stands.")
      ]
    return [
      "counted.delta": Streams.delta(header, frames),
      "conflicts.delta": Streams.delta(
        header, frames + [Frame(type: .ledger, payload: Conflict.payload(of: told))]),
    ]
  }()
}
