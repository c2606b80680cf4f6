internal import HubStore
internal import Policies
internal import Transport

/// Puts a policy in force, as `policy publish` and `policy rollback` do.
struct PolicyPublication {
  let policy: PolicyFile
  /// The version that is gone back to, if one is.
  var likeVersion: UInt64?
  /// Whether the conflicts there were stay as they were decided.
  let isFromNowOn: Bool

  /// What it came to.
  func publish(at store: HubStore) throws -> RehearsalReport {
    let now = WallClock.systemMilliseconds()
    var report = RehearsalReport(schema: store.schema, names: try store.names(), isDone: true)
    if isFromNowOn {
      report.version = try store.publish(
        policy.policy, source: policy.text, likeVersion: likeVersion, wallMilliseconds: now)
    } else {
      (report.version, report.rehearsal) = try store.publishAnew(
        policy.policy, source: policy.text, likeVersion: likeVersion, sampleMax: 0,
        wallMilliseconds: now)
    }
    return report
  }
}
