internal import Foundation

extension Bench {
  private static let conflictCounts = [1_000, 10_000]

  /// (f): two branches change the same rows without knowing of each other; then the policy changes.
  func measurePolicies(_ folder: String, _ template: String, _ report: inout Report) throws {
    for count in Self.conflictCounts { try measurePolicies(count, folder, template, &report) }
  }

  private func measurePolicies(
    _ count: Int, _ folder: String, _ template: String, _ report: inout Report
  ) throws {
    say("f: \(count) conflicts under another policy")
    let place = "\(folder)/policy\(count)"
    let world = try World(program: program, like: template, in: place)
    let a = try world.join("a", template: template)
    let b = try world.join("b", template: template)
    _ = try Self.part("fill", a, "\(count)")
    for database in [a, b] { _ = try world.sync(database) }
    _ = try Self.part("change", a, "\(count)", "3")
    _ = try Self.part("change", b, "\(count)", "5")
    for database in [a, b] { _ = try world.sync(database) }

    let file = "\(place)/first.yaml"
    try Data("policy: 1\ntables:\n  customer: {rule: first}\n".utf8)
      .write(to: URL(fileURLWithPath: file))
    for (name, arguments) in [
      ("rehearse", ["rehearse", file, world.hub, "--sample", "0"]),
      ("publish", ["publish", file, world.hub]), ("roll back", ["rollback", world.hub]),
    ] {
      let clock = ContinuousClock()
      let began = clock.now
      let ended = try Program.run([program, "policy"] + arguments + ["--json"])
      let elapsed = (clock.now - began).components
      let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
      let differing = Int(try ended.number("differing"))
      report.add(
        "f", "\(name), \(count) conflicts", "\(number(seconds, 2)) s",
        against: "\(differing) values differ", ratio: nil, aim: "seconds")
    }
    _ = try world.stop()
    try FileManager.default.removeItem(atPath: place)
  }
}
