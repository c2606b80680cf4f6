internal import Basics
internal import Clocks
internal import HubStore

/// The hub's registry, for people and for scripts.
struct BranchesReport {
  let branches: [BranchRecord]
  /// What the people of branches were told, the newest first.
  var notices: [HubStore.NoticeRecord] = []
  /// Devices that made contact and that the registry does not know.
  var strangers: [StrangerRecord] = []
  let nowMilliseconds: Int64

  var json: JSONValue {
    [
      "branches": .array(branches.map(json)),
      "notices": .array(
        notices.map {
          [
            "branch": .string(name($0.replica)), "at": .time($0.milliseconds),
            "text": .string($0.text),
          ]
        }),
      "unknown": .array(strangers.map(json)),
    ]
  }

  private func name(_ replica: ReplicaID) -> String {
    branches.first { $0.replica.id == replica }?.replica.name ?? "replica \(replica)"
  }

  /// Each notice once, though two branches were told it.
  private var noticeLines: [String] {
    var told: [String] = []
    for notice in notices where !told.contains(notice.text) { told.append(notice.text) }
    return told.prefix(Self.noticesMax).flatMap { text in
      [""] + DisplayWidth.wrapped(ValueText.escaped(text), to: Console.outputWidth ?? 100)
    }
  }

  private static let noticesMax = 5

  private func json(_ stranger: StrangerRecord) -> JSONValue {
    [
      "certificate": .string(stranger.fingerprint.description),
      "replica": .optional(stranger.replica.map { Int64($0.rawValue) }),
      "name": .optional(stranger.name), "firstContact": .time(stranger.firstMilliseconds),
      "lastContact": .time(stranger.lastMilliseconds),
      "state": .string(stranger.isRevoked ? "revoked" : "unknown"),
    ]
  }

  private var strangerLines: [String] {
    guard !strangers.isEmpty else { return [] }
    var table = TextTable([
      .init("unknown certificate"), .init("number"), .init("said to be", isFlexible: true),
      .init("state"), .init("last contact"),
    ])
    for stranger in strangers {
      table.append([
        stranger.fingerprint.shortDescription, stranger.replica.map { "\($0)" } ?? "-",
        stranger.name.map(ValueText.escaped) ?? "-",
        stranger.isRevoked ? "revoked" : "unknown", ago(stranger.lastMilliseconds),
      ])
    }
    return [""] + table.lines(style: .plain, width: Console.outputWidth)
  }

  private func json(_ branch: BranchRecord) -> JSONValue {
    let replica = branch.replica
    return [
      "name": .string(replica.name),
      "state": .string(Self.word(replica.state)),
      "lastContact": .time(replica.lastContactMilliseconds),
      "lastCompleteSync": .time(replica.lastCompleteSyncMilliseconds),
      "pendingDown": .count(branch.pendingDownRows),
      "pendingDownChangesets": .count(branch.pendingDownChangesets),
      "clockOffsetMilliseconds": .optional(replica.clockOffsetMilliseconds),
      "changesets": .count(branch.changesetCount),
      "position": .integer(Int64(clamping: replica.acknowledgedPosition.rawValue)),
      "replica": .integer(Int64(replica.id.rawValue)),
      "joined": .time(replica.registeredMilliseconds),
      "certificate": .optional(replica.certificateFingerprint?.description),
    ]
  }

  func lines(style: TextStyle) -> [String] {
    guard !branches.isEmpty else {
      return ["No branch has joined yet. Invite one: tributary hub invite DIR --branch NAME"]
    }
    var table = TextTable([
      .init("branch", isFlexible: true), .init("state"), .init("last contact"),
      .init("last complete sync"), .init("rows to fetch", isNumber: true),
      .init("clock", isNumber: true),
    ])
    for branch in branches {
      let replica = branch.replica
      table.append([
        ValueText.escaped(replica.name), Self.word(replica.state),
        ago(replica.lastContactMilliseconds), ago(replica.lastCompleteSyncMilliseconds),
        NumberText.grouped(branch.pendingDownRows),
        replica.clockOffsetMilliseconds.map { TimeText.offset(milliseconds: $0) } ?? "-",
      ])
    }
    return table.lines(style: style, width: Console.outputWidth) + strangerLines + noticeLines
  }

  private func ago(_ milliseconds: Int64?) -> String {
    guard let milliseconds else { return "never" }
    return TimeText.span(milliseconds: nowMilliseconds - milliseconds) + " ago"
  }

  private static func word(_ state: ReplicaState) -> String {
    switch state {
    case .active: "active"
    case .revoked: "revoked"
    case .retired: "retired"
    case .past: "past"
    case .headquarters: "headquarters"
    }
  }
}
