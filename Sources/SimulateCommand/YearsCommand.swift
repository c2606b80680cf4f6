import ArgumentParser
import Simulation

/// One long run of the shipped engines, without faults.
struct YearsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "years",
    abstract: "Run many branches for years of virtual time, and watch what the stores keep.",
    discussion: """
      All branches edit every day, nearly always their own customers, sometimes one that everybody \
      edits. Of twenty one syncs daily, eleven weekly, six monthly, and two come after months. The \
      hub is backed up every week and forgets what is settled every day. Each month what is kept \
      beside the rows is held against what branches may still lack; in the end all sync twice, and \
      all must hold the same rows.

      Exit codes: 0 all held; 1 something did not, and is said; 64 wrong usage.
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
