internal import Logging
internal import Transport

/// Log lines on standard error: time, level, a constant sentence, metadata as `key=value`.
struct StreamLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  init(label: String) {}

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let facts = metadata.merging(event.metadata ?? [:]) { $1 }
    let time = TimeText.iso8601(milliseconds: WallClock.systemMilliseconds())
    let line = facts.sorted { $0.key < $1.key }.reduce("\(time) \(event.level) \(event.message)") {
      "\($0) \($1.key)=\(Self.shown("\($1.value)"))"
    }
    Console.note(line)
  }

  /// Quoted where spaces or quotes would be mistaken.
  private static func shown(_ value: String) -> String {
    let text = ValueText.escaped(value)
    guard text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else {
      return text
    }
    return "\"" + text.replacing("\"", with: "\\\"") + "\""
  }
}
