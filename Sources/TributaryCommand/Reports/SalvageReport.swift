internal import Basics
internal import HubStore

/// What retired branches sent, for people and for scripts.
struct SalvageReport {
  let kept: [HubStore.Salvaged]
  let folder: String

  var json: JSONValue {
    [
      "salvage": .array(
        kept.map {
          [
            "branch": .string($0.name), "changeset": .integer(Int64(clamping: $0.counter)),
            "hash": .string($0.contentHash.description), "bytes": .count($0.byteCount),
            "received": .time($0.milliseconds),
          ]
        })
    ]
  }

  func lines(style: TextStyle) -> [String] {
    guard let first = kept.first else { return ["Nothing is kept apart."] }
    var table = TextTable([
      .init("branch", isFlexible: true), .init("changeset", isNumber: true),
      .init("size", isNumber: true), .init("received"),
    ])
    for one in kept {
      table.append([
        ValueText.escaped(one.name), NumberText.grouped(Int(clamping: one.counter)),
        NumberText.bytes(one.byteCount), TimeText.iso8601(milliseconds: one.milliseconds),
      ])
    }
    return table.lines(style: style, width: Console.outputWidth) + [
      "",
      "Let it in: tributary hub salvage \(folder) replay \(ValueText.escaped(first.name))",
    ]
  }
}
