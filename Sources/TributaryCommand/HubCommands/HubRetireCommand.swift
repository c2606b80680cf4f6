internal import ArgumentParser
internal import HubStore

/// `tributary hub retire DIR NAME`
struct HubRetireCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "retire",
    abstract: "Say that a branch will not come back; should it, keep what it sends apart.",
    discussion: """
      For a branch that has closed, a machine that was replaced, a copy that is not meant to go \
      on. The hub waits for it no more. If its device is switched on after all, it is refused, \
      and what it had not sent yet is kept for you: see `tributary hub salvage`. For a device \
      that was stolen, use `hub revoke`: of that, nothing is kept.

        tributary hub retire /srv/hub Riverside

      Exit codes: 0; 1 no such branch; 10 not a hub.
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @Argument(help: "The branch's name, as `hub branches` shows it.")
  var name: String

  var undone: String { "\(name) was not retired." }

  func perform() async throws -> ExitStatus {
    try HubAccess.open(folder, undone: undone).retire(name: name)
    Console.print(
      "\(name) is retired. Should it come back, it is refused, and what it sends is kept apart.")
    return .done
  }
}
