import ArgumentParser
import Simulation

/// One long run of the shipped engines, without faults.
struct YearsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "years",
    abstract: "Run many branches for years of virtual time, and watch what the stores keep.",
    discussion: """
      A few branches sync every few days, most of them rarely; all edit every day. What is settled \
      is forgotten on the way, and the metadata that stays is held against its bound every month.
      """)

  @Option(help: "Months of 30 days.")
  var months: Int = 36

  @Option(help: "How many branches.")
  var branches: Int = 200

  @Option(help: "Edits of each branch a day, in one transaction.")
  var edits: Int = 20

  @Option(help: "The seed.")
  var seed: UInt64 = 1

  func validate() throws {
    guard months > 0, branches > 0, edits > 0 else {
      throw ValidationError("--months, --branches and --edits must be at least 1.")
    }
  }

  func run() throws {
    let run = try LongRun(
      months: months, branchCount: branches, editsPerDay: edits, seed: seed,
      folder: SimulationRunner.fastestFolder)
    for line in try run.run({ SimulationRunner.tell($0) }) { SimulationRunner.tell(line) }
    guard run.violations.isEmpty else { throw ExitCode.failure }
  }
}
