internal import ArgumentParser

/// `--json`, where a fact or a table is printed.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON document on standard output, and nothing else there.")
  var json = false
}
