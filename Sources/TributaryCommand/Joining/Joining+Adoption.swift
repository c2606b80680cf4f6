internal import Agent
internal import BranchStore
internal import Clocks
internal import FoundationEssentials
internal import Sessions
internal import Transport

/// A database that is a branch's already, but whose key is not here: a copy, or a machine that lost
/// its key. It takes an identity of its own; what it has not sent goes with it.
extension Joining {
  /// The database, if it is such a one. Only for one that is known to have joined: whoever is the
  /// last to close a database tidies up beside it.
  func storeWithoutKeys() throws -> BranchStore? {
    guard FileManager.default.fileExists(atPath: database) else { return nil }
    let store: BranchStore
    do throws(BranchStoreError) {
      store = try BranchStore(path: database)
    } catch {
      // Whatever it is, joining says what stands in the way.
      return nil
    }
    try BranchLine.finishChange(in: folder, of: store)
    do throws(CredentialError) {
      _ = try DeviceIdentity(folder: folder.path)
      return nil
    } catch {
      return store
    }
  }

  var adoptionSentence: String {
    "Nothing was changed. \(database) is a branch whose key is not on this machine: joining would"
      + " give it an identity of its own, and send what it has not sent."
  }

  static let adoptionJSON: JSONValue = ["wouldJoin": .bool(true), "wouldAdopt": .bool(true)]

  func adopt(_ store: BranchStore, _ token: Token, asJSON: Bool) async throws -> ExitStatus {
    try folder.create()
    let lock = try await FileLock.forSync(
      of: folder, timeoutMilliseconds: waitMilliseconds, undone: undone)
    defer { withExtendedLifetime(lock) {} }
    let enrolment: PendingEnrolment
    if let earlier = try PendingEnrolment(for: token, in: folder.pending) {
      enrolment = earlier
    } else {
      enrolment = try await PendingEnrolment(enrolling: token, in: folder.pending)
    }
    guard store.identity.generation == enrolment.answer.generation else {
      throw CommandFailure(
        .anotherHub, undone: undone,
        why: "It is a branch of another hub than the one that issued the token.",
        next: "Take a token of its own hub; or take the database out of that hub first with"
          + " `tributary leave \(database)`.")
    }
    try store.setHubURL(token.url.description)
    let line = try BranchLine(
      database: database, waitMilliseconds: waitMilliseconds, undone: undone, usesPending: true)
    let result = try await line.sync(
      adopting: NewIdentity(
        replica: enrolment.answer.replica, branch: enrolment.answer.branch))
    await line.close()
    for note in result.notes { Console.note(note) }
    if asJSON {
      Console.print([
        "branch": .string(enrolment.answer.branch),
        "hub": .string(token.url.description), "adopted": .bool(true), "sync": result.json,
      ])
    } else {
      Console.print(
        "\(ValueText.escaped(enrolment.answer.branch)) has joined \(token.url), with an identity"
          + " of its own.")
      Console.print(lines: result.lines)
    }
    return result.status
  }
}
