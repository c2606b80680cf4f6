internal import ArgumentParser
internal import FoundationEssentials

/// `tributary demo [--keep DIR]`
struct DemoCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "See a hub and three branches work on this machine, in under a minute.",
    discussion: """
      Makes a hub and three branches with customers invented for it, in a temporary folder: real \
      files, real HTTPS on this machine only. The branches work without a network, contradict \
      each other, and sync; you see what became of every edit. Nothing remains afterwards, \
      unless you keep it:

        tributary demo --keep ~/tributary-demo
      """)

  @Option(
    help: ArgumentHelp("Keep everything in this folder.", valueName: "dir"),
    completion: .directory)
  var keep: String?

  var undone: String { "The demo did not come to its end." }

  func perform() async throws -> ExitStatus {
    let narrator = DemoNarrator(style: Console.style)
    let processes = DemoProcesses()
    let listening = Interruption.listen { _ in processes.interrupt() }
    defer { withExtendedLifetime(listening) {} }
    let world = try DemoWorld(keptIn: keep, processes: processes, narrator: narrator)
    defer { world.tidy() }
    do {
      try await DemoStory(world: world, narrator: narrator).tell()
    } catch  where processes.isInterrupted {
      throw CommandFailure(
        .interrupted, undone: undone, why: "Somebody interrupted it.",
        next: world.isKept ? "What it made is in \(world.folder)." : "Nothing of it is left.")
    }
    return .done
  }
}
