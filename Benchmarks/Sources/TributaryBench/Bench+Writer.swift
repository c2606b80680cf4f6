internal import Foundation

extension Bench {
  /// (a) Each round writes the same rows with capture off, with capture on and under a session,
  /// each in a fresh file and process; the ratios are medians of the rounds' own ratios.
  func measureWriter(_ folder: String, _ template: String, _ report: inout Report) throws {
    let world = try World(program: program, like: template, in: "\(folder)/writer")
    var rounds: [[String: Writer.Costs]] = []
    for round in 1...roundCount {
      say("a: round \(round) of \(roundCount)")
      var costs: [String: Writer.Costs] = [:]
      // Each round begins with another of the three.
      let systems = ["off", "on", "session"]
      for index in systems.indices {
        let system = systems[(index + round) % systems.count]
        costs[system] = try write(system, round, world, template)
      }
      rounds.append(costs)
    }
    _ = try world.stop()

    let phases: [(String, KeyPath<Writer.Costs, Double>, String)] = [
      ("inserts, 1,000 a transaction", \.insertInThousands, "≤ 1.15"),
      ("one-column updates, 1,000 a transaction", \.updateInThousands, "≤ 1.2"),
      ("inserts alone", \.insertAlone, ""), ("one-column updates alone", \.updateAlone, ""),
    ]
    for (name, phase, aim) in phases {
      func microseconds(_ system: String) -> String {
        let values = rounds.compactMap { $0[system]?[keyPath: phase] }
        return "\(number(median(values) * 1e6, 2)) µs"
      }
      func ratio(_ system: String, _ reference: String) -> Double {
        median(
          rounds.compactMap { costs in
            guard let value = costs[system], let other = costs[reference] else { return nil }
            return value[keyPath: phase] / other[keyPath: phase]
          })
      }
      report.add(
        "a", name, "on \(microseconds("on"))", against: "off \(microseconds("off"))",
        ratio: ratio("on", "off"), aim: aim)
      report.add(
        "a", name, "on \(microseconds("on"))", against: "session \(microseconds("session"))",
        ratio: ratio("on", "session"), aim: "≤ 1")
    }
  }

  private func write(
    _ system: String, _ round: Int, _ world: World, _ template: String
  ) throws -> Writer.Costs {
    let database: String
    if system == "on" {
      database = try world.join("round\(round)", template: template)
    } else {
      database = "\(world.folder)/\(system)\(round).db"
      try FileManager.default.copyItem(atPath: template, toPath: database)
    }
    defer { try? FileManager.default.removeItem(atPath: database) }
    let noticing = system == "session" ? "session" : "nothing"
    let output = try Self.part("write", database, noticing, "\(rowCount)")
    return try JSONDecoder().decode(Writer.Costs.self, from: Data(output.utf8))
  }
}
