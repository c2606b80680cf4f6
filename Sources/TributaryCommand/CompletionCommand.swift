internal import ArgumentParser

/// `tributary completion SHELL`
struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion",
    abstract: "Print what makes a shell complete this program's commands.",
    discussion: """
      For bash, in ~/.bashrc:

        source <(tributary completion bash)

      For zsh, a file in a folder of $fpath:

        tributary completion zsh > ~/.zfunc/_tributary

      For fish:

        tributary completion fish > ~/.config/fish/completions/tributary.fish
      """)

  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash, zsh, fish

    var script: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  @Argument(help: "The shell.")
  var shell: Shell

  func run() { Console.print(Tributary.completionScript(for: shell.script)) }
}
