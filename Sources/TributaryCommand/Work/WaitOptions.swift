internal import ArgumentParser

/// `--wait`, where a command needs a database for itself.
struct WaitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long to wait for another sync, or for a locked database, before giving up.",
      valueName: "time"))
  var wait = TimeSpan.tenSeconds
}
