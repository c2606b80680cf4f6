/// A history that is written down, with the planted bug that it is about.
///
/// Most failed once. They are where much has to come together; histories of the shape `stories`
/// are these with small changes.
package struct HistoryStory: Sendable {
  package let name: String
  package let mutant: Mutant
  package let options: HistoryOptions
  package let events: [HistoryEvent]

  package static let all = [
    tailAboveTheFork, oldNameOfASharedEntry, predecessorIsLost, aliasOfALostChain,
    retiredOnALostStretch, floorOfALeftTimeline, waitingAcrossARestore, oldContextsInTheOutbox,
    halfADelta, predecessorComesLate,
    copyOfACopy, lateUpdate, deletedWhileAway, adoptedTwice, tailBehindAState,
    adoptedBeforeARestore, joinedBeforeItsParent, loggedTwiceAlike,
    nameInAnOlderBackup, twoHeadersOfOne,
  ]

  /// The hub's memory goes back. A branch whose tail begins above where the histories part names
  /// its stretch from there on: what is below counted as shared, and as seen.
  static let tailAboveTheFork = HistoryStory(
    name: "tail above the fork", mutant: .sharedBelowTail,
    options: HistoryOptions(rowCount: 3, deviceCount: 3, unbackedMax: 2),
    events: [
      .copyHub, edit(0, row: 1), sync(0), edit(0, row: 2), sync(0), edit(2, row: 0), sync(2),
      .turnBackHub(age: 0), edit(1, row: 2), sync(1), .edit(device: 2, row: 2, columns: 0),
    ])

  /// The hub goes back to before it heard what an entry was called on a lost timeline. The entry is
  /// on the path of both, so it was not handed back, and its old name said nothing.
  static let oldNameOfASharedEntry = HistoryStory(
    name: "old name of a shared entry", mutant: .namesBelowForkKept,
    options: HistoryOptions(rowCount: 2, deviceCount: 2),
    events: [
      edit(1, row: 0), .backUpHub, sync(1), sync(0), .restoreHub(age: 0), edit(0, row: 1), sync(0),
      .restoreHub(age: 0), sync(1), .backUpHub, sync(0, messages: 3), edit(0, row: 0),
      sync(0, messages: 1), .restoreHub(age: 0),
    ])

  /// An entry is handed back whose predecessor in its chain is lost. Its chain began anew, and what
  /// came before in it, which the hub has, counted as concurrent.
  static let predecessorIsLost = HistoryStory(
    name: "predecessor is lost", mutant: .lostParentIsNone,
    options: HistoryOptions(rowCount: 2, deviceCount: 2),
    events: [0, 1, 1, 1, 1, 1, 0].flatMap { row in
      [edit(0, row: row), sync(0, messages: 0), .crash(device: 0)]
    } + [
      sync(0, messages: 1), .backUpHub, sync(0, messages: 1), .backUpHub, sync(0),
      .restoreHub(age: 2),
    ])

  /// A copy's chain goes on behind an entry that the log has under another name. The hub that knew
  /// so is lost; one entry of the chain says it, and the chain that continues it did not ask.
  static let aliasOfALostChain = HistoryStory(
    name: "alias of a lost chain", mutant: .chainsToldOnce,
    options: HistoryOptions(rowCount: 2, deviceCount: 2),
    events: [
      edit(0, row: 0), sync(0, messages: 0), .cloneBranch(device: 0), edit(0, row: 1), sync(0),
      .backUpHub, edit(2, row: 0), sync(2, messages: 4), edit(2, row: 0), sync(2, messages: 1),
      .restoreHub(age: 0),
    ])

  /// What a retired branch sends was put aside before it had handed back what it refers to.
  static let retiredOnALostStretch = HistoryStory(
    name: "retired on a lost stretch", mutant: .retiredFirst,
    options: HistoryOptions(rowCount: 2, deviceCount: 3),
    events: [
      .copyHub, edit(1, row: 0), sync(1), .turnBackHub(age: 0), edit(0, row: 1), sync(0),
      .retire(device: 1), edit(1, row: 1), sync(1), .replaySalvage,
    ])

  /// A branch leaves its timeline for one that forks earlier, and the hub goes back to a backup of
  /// the former: what it was told there about what the branch has is no longer so.
  static let floorOfALeftTimeline = HistoryStory(
    name: "floor of a left timeline", mutant: .oldFloorsCount,
    options: HistoryOptions(rowCount: 1, deviceCount: 2),
    events: [
      .backUpHub, edit(0, row: 0), sync(0), sync(1), sync(0), sync(1), .backUpHub,
      .restoreHub(age: 2), sync(0), .restoreHub(age: 0), sync(0, messages: 3), .prune,
    ])

  /// Rows wait behind writes that are not confirmed, while the hub goes back: from where they wait
  /// is a position of a log that is no more.
  static let waitingAcrossARestore = HistoryStory(
    name: "waiting across a restore", mutant: .baseAboveForkKept,
    options: oneAtATime(rowCount: 2, deviceCount: 3),
    events: [
      .backUpHub, edit(0, row: 1), sync(0), sync(1), edit(1, row: 0), .seal(device: 1),
      edit(1, row: 0), .seal(device: 1), edit(1, row: 0), .seal(device: 1), edit(0, row: 0),
      sync(0), sync(1, messages: 1), .restoreHub(age: 0), edit(2, row: 0), sync(2),
      sync(1, messages: 4), edit(1, row: 0),
    ])

  /// What waits to be sent is of a timeline that is no more; its positions are none of the log's.
  static let oldContextsInTheOutbox = HistoryStory(
    name: "old contexts in the outbox", mutant: .floorRaw,
    options: oneAtATime(rowCount: 2, deviceCount: 2),
    events: [
      .backUpHub, edit(0, row: 0), sync(0), edit(0, row: 0), sync(0), sync(1), edit(1, row: 1),
      .seal(device: 1), edit(1, row: 1), .seal(device: 1), edit(1, row: 1), .seal(device: 1),
      .restoreHub(age: 0), sync(0), sync(1, messages: 2), sync(0), .prune,
    ])

  /// A part of a delta is there when the hub goes back, and the log has other entries there now.
  static let halfADelta = HistoryStory(
    name: "half a delta", mutant: .resumeByPosition,
    options: oneAtATime(rowCount: 2, deviceCount: 3, entriesInlineMax: 1),
    events: [
      .backUpHub, edit(0, row: 0), sync(0), sync(1), edit(0, row: 1), sync(0), edit(0, row: 1),
      sync(0), sync(1, messages: 1), .crash(device: 1), .restoreHub(age: 0), edit(2, row: 1),
      sync(2), edit(2, row: 1), sync(2), edit(2, row: 1), sync(2), sync(1, messages: 20),
    ])

  /// A copy sends what a later changeset of its chain, which is in the log already, had seen: that
  /// changes what stands.
  static let predecessorComesLate = HistoryStory(
    name: "predecessor comes late", mutant: .lateChangesSilent,
    options: HistoryOptions(rowCount: 1, deviceCount: 3),
    events: [
      .backUpHub, edit(0, row: 0), .cloneBranch(device: 0), sync(0), sync(1), .backUpHub,
      .edit(device: 0, row: 0, columns: 0), sync(0), sync(1), .restoreHub(age: 2), sync(1),
    ])

  /// A copy is copied before it has sent what it took along: its chain continues one that continues
  /// another.
  static let copyOfACopy = HistoryStory(
    name: "copy of a copy", mutant: .chainByAuthorOnly,
    options: oneAtATime(rowCount: 1, deviceCount: 2),
    events: [
      edit(0, row: 0), .seal(device: 0), edit(0, row: 0), .seal(device: 0), edit(0, row: 0),
      .seal(device: 0), edit(0, row: 0), .seal(device: 0), sync(0, messages: 1),
      .joinCopy(device: 0), sync(2, messages: 3), .joinCopy(device: 2), sync(3),
    ])

  /// A branch that was away changes a row whose deletion everybody else has seen.
  static let lateUpdate = HistoryStory(
    name: "late update", mutant: .lateUpdateResurrects,
    options: HistoryOptions(rowCount: 2, deviceCount: 3),
    events: [
      edit(0, row: 0), sync(0), sync(1), sync(2), edit(2, row: 0),
      .edit(device: 0, row: 0, columns: 0), sync(0), sync(1),
      .pass(milliseconds: 120 * 86_400_000), sync(0), sync(1), sync(0), sync(1), .prune,
    ])

  /// A branch that was away has writes of a row that is gone from the state which it gets instead
  /// of the log.
  static let deletedWhileAway = HistoryStory(
    name: "deleted while away", mutant: .wholeNotDeferred,
    options: oneAtATime(rowCount: 2, deviceCount: 3),
    events: [
      edit(0, row: 0), sync(0), sync(1), sync(2), .edit(device: 0, row: 0, columns: 0), sync(0),
      sync(1), edit(2, row: 0), .seal(device: 2), edit(2, row: 0), .seal(device: 2),
      .pass(milliseconds: 120 * 86_400_000), sync(0), sync(1), sync(0), sync(1), .prune,
      sync(2, messages: 1), edit(2, row: 0),
    ])

  /// A copy has sent what the log has under another header, and the hub forgets the copy.
  static let adoptedTwice = HistoryStory(
    name: "adopted twice", mutant: .confirmedByHeader,
    options: oneAtATime(rowCount: 1, deviceCount: 2),
    events: [
      edit(0, row: 0), .seal(device: 0), edit(0, row: 0), .seal(device: 0), .joinCopy(device: 0),
      sync(0), .backUpHub, edit(2, row: 0), sync(2, messages: 4), .restoreHub(age: 0),
    ])

  /// Another has handed everything back, and a whole state comes instead of the log: the tail has
  /// no place on the path when the hub goes back again.
  static let tailBehindAState = HistoryStory(
    name: "tail behind a state", mutant: .handBackOfPathOnly,
    options: HistoryOptions(rowCount: 1, deviceCount: 2),
    events: [
      .backUpHub, edit(0, row: 0), sync(0), sync(1), edit(0, row: 0), .restoreHub(age: 0), sync(1),
      sync(1), .prune, .backUpHub, sync(0), .restoreHub(age: 0),
    ])

  /// A copy has its own number, and the hub goes back to before it heard what the copy's chain
  /// continues: the copy was refused once more.
  static let adoptedBeforeARestore = HistoryStory(
    name: "adopted before a restore", mutant: .adoptionToldOnce,
    options: HistoryOptions(rowCount: 1, deviceCount: 2),
    events: [
      edit(0, row: 0), sync(0), .cloneBranch(device: 0), edit(2, row: 0), sync(2),
      sync(0, messages: 3), .backUpHub, sync(0, messages: 2), .restoreHub(age: 0), edit(0, row: 0),
    ])

  /// A copy joins a hub that was put back to before the last of its chain, and hands that back.
  /// What it had sealed behind that counted as not having seen it.
  static let joinedBeforeItsParent = HistoryStory(
    name: "joined before its parent", mutant: .missingParentForgotten,
    options: oneAtATime(rowCount: 1, deviceCount: 2),
    events: [
      .backUpHub, edit(0, row: 0), .seal(device: 0), edit(0, row: 0), .seal(device: 0),
      sync(0, messages: 1), .restoreHub(age: 0), .joinCopy(device: 0), sync(2),
    ])

  /// The hub's memory goes back to before a changeset, and a double of the request that carried it
  /// comes late: the hub logs it again at the same place, later by the clock, so that another value
  /// stands. Who had it from the first time counted as level.
  static let loggedTwiceAlike = HistoryStory(
    name: "logged twice alike", mutant: .logHashOfContents,
    options: doublingAll(rowCount: 1, deviceCount: 3),
    events: [
      edit(1, row: 0), .pass(milliseconds: 1_000), edit(0, row: 0), sync(0, messages: 1), .copyHub,
      sync(1, messages: 1), .turnBackHub(age: 0), .pass(milliseconds: 60_000), .late(1),
    ])

  private static func doublingAll(rowCount: Int, deviceCount: Int) -> HistoryOptions {
    var options = HistoryOptions(rowCount: rowCount, deviceCount: deviceCount)
    options.latePerThousand = 1_000
    return options
  }

  /// The hub goes back to a backup that has an entry, and not the name by which another had seen
  /// it. With that name comes something new, which meets both: the ledger had a conflict of all
  /// three.
  static let nameInAnOlderBackup = HistoryStory(
    name: "name in an older backup", mutant: .namesInTurn,
    options: HistoryOptions(rowCount: 1, deviceCount: 3),
    events: [
      .backUpHub, edit(0, row: 0), sync(0), .backUpHub, edit(2, row: 0), .restoreHub(age: 2),
      sync(2, messages: 1), .restoreHub(age: 0), sync(1), .restoreHub(age: 2), sync(1),
      edit(1, row: 0), .backUpHub, sync(1), sync(2), .restoreHub(age: 2),
    ])

  /// A copy sends again what the log has under the first header, and the hub forgets the copy.
  /// The copy kept its own header of an entry, too, and handed that back first: nothing said what
  /// had gone before it.
  static let twoHeadersOfOne = HistoryStory(
    name: "two headers of one", mutant: .secondHeadersKept,
    options: HistoryOptions(rowCount: 1, deviceCount: 2),
    events: [
      edit(0, row: 0), .unheard(device: 0), .backUpHub, edit(0, row: 0), .seal(device: 0),
      .joinCopy(device: 0), sync(0), sync(2), .restoreHub(age: 0), sync(2),
    ])

  private static func oneAtATime(
    rowCount: Int, deviceCount: Int, entriesInlineMax: Int = 6
  ) -> HistoryOptions {
    var options = HistoryOptions(rowCount: rowCount, deviceCount: deviceCount)
    options.limits.changesetsPerExchangeMax = 1
    options.limits.entriesInlineMax = entriesInlineMax
    return options
  }

  private static func edit(_ device: Int, row: Int) -> HistoryEvent {
    .edit(device: device, row: row, columns: 1)
  }

  private static func sync(_ device: Int, messages: Int = 20) -> HistoryEvent {
    .sync(device: device, messages: messages, chance: 0)
  }
}
