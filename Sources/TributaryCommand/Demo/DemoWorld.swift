internal import FoundationEssentials
internal import Glibc

/// The demo's folder and the processes in it.
final class DemoWorld {
  let folder: String
  let isKept: Bool
  let processes: DemoProcesses
  private var hub: ChildProcess?
  private var address = "127.0.0.1:0"
  private let narrator: DemoNarrator

  private static let startMillisecondsMax: Int64 = 20_000

  /// Makes a temporary folder, or takes one to keep, which must be new or empty.
  init(keptIn path: String?, processes: DemoProcesses, narrator: DemoNarrator) throws {
    self.processes = processes
    self.narrator = narrator
    isKept = path != nil
    let files = FileManager.default
    if let path {
      let found = (try? files.contentsOfDirectory(atPath: path)) ?? []
      guard found.isEmpty else {
        throw CommandFailure(
          .alreadyExists, undone: "The demo was not started.",
          why: "\(path) is not empty.", next: "Name a folder that is new or empty.")
      }
      try files.createDirectory(atPath: path, withIntermediateDirectories: true)
      folder = URL(filePath: path).standardizedFileURL.path
    } else {
      var template = Array((files.temporaryDirectory.path + "/tributary-demo-XXXXXX").utf8CString)
      guard mkdtemp(&template) != nil else {
        throw FileError(path: files.temporaryDirectory.path, errno: errno)
      }
      folder = String(
        decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    // What its commands print stands indented among what the demo says.
    setenv("COLUMNS", "\(DemoNarrator.commandWidth)", 1)
    guard chdir(folder) == 0 else { throw FileError(path: folder, errno: errno) }
  }

  func path(_ name: String) -> String { folder + "/" + name }

  /// Runs a command to its end and gives what it printed; shows both unless it is silent.
  ///
  /// `statuses` are the exit codes that are part of the story.
  @discardableResult
  func run(
    _ words: [String], isShown: Bool = true, statuses: Set<ExitStatus> = [.done]
  ) throws -> String {
    if isShown { narrator.command(words) }
    let child = try ChildProcess.start(
      words, errors: isShown ? .withOutput : .file(path("demo.log")))
    processes.began(child.processID)
    let output = child.rest()
    let status = child.wait()
    processes.ended(child.processID)
    if isShown { narrator.output(output) }
    guard let known = ExitStatus(rawValue: status), statuses.contains(known) else {
      throw CommandFailure(
        .unexpected, undone: "The demo stopped.",
        why: "`tributary \(DemoNarrator.shell(words))` ended with exit code \(status).",
        next: isShown ? "What it printed is above." : "What it printed: \(output)")
    }
    return output
  }

  /// Serves the hub until it is stopped: at a free port the first time, there again later.
  func serveHub() throws {
    let words = ["hub", "serve", "hub", "--listen", address]
    narrator.command(words)
    let child = try ChildProcess.start(words, errors: .file(path("hub.log")))
    hub = child
    processes.began(child.processID)
    guard let line = child.line(timeoutMilliseconds: Self.startMillisecondsMax),
      line.hasPrefix("ready ")
    else {
      let log = (try? String(contentsOfFile: path("hub.log"), encoding: .utf8)) ?? ""
      throw CommandFailure(
        .unexpected, undone: "The demo stopped.", why: "The hub did not start. \(log)",
        next: "Try again; if it does not help, run `tributary hub serve` by hand.")
    }
    narrator.output(line + "\n")
    address = String(line.dropFirst("ready https://".count))
  }

  /// Stops the hub as a service manager would.
  func stopHub() throws {
    guard endHub() == 0 else {
      throw CommandFailure(
        .unexpected, undone: "The demo stopped.", why: "The hub did not stop as asked.",
        next: "Keep the files with --keep and look at hub.log.")
    }
  }

  private func endHub() -> Int32 {
    guard let hub else { return 0 }
    hub.terminate()
    let status = hub.wait()
    self.hub = nil
    processes.ended(hub.processID)
    return status
  }

  /// Removes the folder unless it is to be kept.
  func tidy() {
    _ = endHub()
    if !isKept { try? FileManager.default.removeItem(atPath: folder) }
  }
}
