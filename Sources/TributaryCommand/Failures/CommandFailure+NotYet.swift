extension CommandFailure {
  /// For what the contract names and this version does not do.
  static func notYet(undone: String, what: String, next: String) -> CommandFailure {
    CommandFailure(
      .notYet, undone: undone,
      why: "This version (\(ProgramVersion.current)) cannot \(what) yet.", next: next)
  }
}
