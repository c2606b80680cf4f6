internal import Clocks
internal import Deltas
internal import Sessions
internal import Transport

/// What a join came to.
struct JoinReport {
  let plan: JoinPlan
  let enrolment: PendingEnrolment
  let result: SyncResult

  var json: JSONValue {
    [
      "branch": .string(enrolment.answer.branch),
      "hub": .string(enrolment.token.url.description),
      "generation": .string(enrolment.answer.generation.description),
      "tables": .array(plan.schema.tables.map { .string($0.name) }),
      "skipped": .array(
        plan.untracked.map { ["table": .string($0.name), "why": .string($0.why)] }),
      "sync": result.json,
    ]
  }

  var lines: [String] {
    let branch = ValueText.escaped(enrolment.answer.branch)
    let made = plan.target.isNew ? ", new file" : ""
    let tables = NumberText.counted(plan.schema.tables.count, "table")
    return ["\(branch) has joined \(enrolment.token.url) (\(tables)\(made))."]
      + plan.untracked.map { "Not synced: \($0.name); \($0.why)." } + result.lines
  }
}
