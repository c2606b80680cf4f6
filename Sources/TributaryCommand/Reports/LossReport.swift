internal import Clocks
internal import HubStore

/// What nobody has of the timelines that a hub lost, for people and for scripts.
struct LossReport {
  let losses: [HubStore.Loss]
  /// Of all; there may be more than are listed.
  let count: Int
  let names: [ReplicaID: String]

  var json: JSONValue {
    [
      "count": .count(count),
      "losses": .array(
        losses.map {
          [
            "generation": .string($0.place.generation.description),
            "position": .integer(Int64(clamping: $0.place.position.rawValue)),
            "toldBy": .string(name($0.toldBy)), "at": .time($0.milliseconds),
            "changesets": .string($0.names),
          ]
        }),
    ]
  }

  func lines(style: TextStyle) -> [String] {
    guard count > 0 else { return ["Nothing is lost that anybody knows of."] }
    var table = TextTable([
      .init("position", isNumber: true), .init("told by", isFlexible: true), .init("told"),
      .init("changesets that are missing", isFlexible: true),
    ])
    for loss in losses {
      table.append([
        NumberText.grouped(Int(clamping: loss.place.position.rawValue)),
        ValueText.escaped(name(loss.toldBy)), TimeText.iso8601(milliseconds: loss.milliseconds),
        loss.names.isEmpty ? "not known whose" : ValueText.escaped(loss.names),
      ])
    }
    let more = count - losses.count
    return [
      "\(NumberText.counted(count, "changeset")) of before the hub was restored:",
      "",
    ] + table.lines(style: style, width: Console.outputWidth)
      + (more > 0 ? ["and \(NumberText.grouped(more)) more"] : []) + [
        "",
        "Let branches that have not synced since then do so: they may have them.",
      ]
  }

  private func name(_ replica: ReplicaID) -> String { names[replica] ?? "replica \(replica)" }
}
