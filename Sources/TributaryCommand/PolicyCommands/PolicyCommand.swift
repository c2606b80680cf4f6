internal import ArgumentParser

/// `tributary policy …`
struct PolicyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "Say which value stands where branches disagree.",
    discussion: """
      A policy is a YAML file: which rule each column has, what becomes of deleted rows, and who \
      may write what. docs/policy.md tells which rule is for which field.
      """,
    subcommands: [
      PolicyCheckCommand.self, PolicyRehearseCommand.self, PolicyPublishCommand.self,
      PolicyShowCommand.self, PolicyVersionsCommand.self, PolicyRollbackCommand.self,
    ])
}
