/// What must not occur in code: in the pure core, and anywhere in the product.
enum BannedCallCheck {
  /// Modules that take time, randomness and identity as arguments and never wait.
  static let pureModules: Set<String> = ["Basics", "Clocks", "Deltas", "Merging", "Sessions"]

  private struct Ban {
    let pattern: String
    let sentence: String
  }

  private static let inPureCore = [
    Ban(pattern: #"import\s+Foundation"#, sentence: "Foundation: the pure core does without."),
    Ban(pattern: #"\bDate\("#, sentence: "Date() reads a clock. Take the time as an argument."),
    Ban(pattern: #"\bUUID\("#, sentence: "UUID() is random. Take identity as an argument."),
    Ban(
      pattern: #"\b(ContinuousClock|SuspendingClock|DispatchTime|clock_gettime)\b"#,
      sentence: "A clock. Take the time as an argument."),
    Ban(
      pattern: #"\bSystemRandomNumberGenerator\b"#,
      sentence: "Randomness. Take a generator as an argument."),
    Ban(
      pattern: #"\b(random|randomElement|shuffled|shuffle)\((?![^)]*\busing:)"#,
      sentence: "Randomness without `using:`. Take a generator as an argument."),
    Ban(pattern: #"\bTask\s*[({.]"#, sentence: "A task. Return an effect instead."),
    Ban(pattern: #"\b(async|await|actor)\b"#, sentence: "Waiting. Return an effect instead."),
    Ban(pattern: #"\b(print|debugPrint|dump)\("#, sentence: "Output. Return what is to be said."),
  ]

  private static let inProduct = [
    Ban(pattern: #"\btry!"#, sentence: "try! stops the process. Throw, or use invariant()."),
    Ban(pattern: #"\bas!"#, sentence: "as! stops the process. Use as? and say what is wrong."),
    Ban(
      pattern: #"[A-Za-z0-9_)\]]!(?!=)"#,
      sentence: "A force unwrap. Use guard let, or invariant() with a sentence."),
    Ban(pattern: #"^\s*public\b"#, sentence: "public: nobody imports this. Use package."),
    Ban(
      pattern: #"\b(assert|precondition|assertionFailure|preconditionFailure)\("#,
      sentence: "Gone or silent in release builds. Use invariant()."),
    Ban(pattern: #"\b(usleep|nanosleep|sleep)\("#, sentence: "Sleeping. Wait for an event."),
    Ban(pattern: #"\bTask\.detached\b"#, sentence: "A detached task. Nobody waits for it."),
  ]

  static func findings(in files: [SourceFile]) throws -> [Finding] {
    let pure = try inPureCore.map { (try pattern($0), $0.sentence) }
    let product = try inProduct.map { (try pattern($0), $0.sentence) }
    return files.flatMap { file -> [Finding] in
      guard file.isSwift, let module = file.module else { return [] }
      let bans = pureModules.contains(module) ? product + pure : product
      return findings(in: file, bans)
    }
  }

  /// Word boundaries as in other languages: a full stop ends a word.
  private static func pattern(_ ban: Ban) throws -> Regex<AnyRegexOutput> {
    try Regex(ban.pattern).wordBoundaryKind(.simple)
  }

  private static func findings(
    in file: SourceFile, _ bans: [(Regex<AnyRegexOutput>, String)]
  ) -> [Finding] {
    file.codeLines.enumerated().flatMap { index, line in
      bans.compactMap { pattern, sentence in
        line.contains(pattern) ? Finding(file.path, line: index + 1, sentence) : nil
      }
    }
  }
}
