/// What a simulated world may measure.
package enum SimulationLimits {
  package static let branchesMax = 4
  /// With copies.
  package static let machinesMax = 7
  /// Earlier states that are kept of one machine.
  package static let imagesMax = 4
  /// Virtual time between the first event and the end of the faults.
  package static let durationMillisecondsMax: Int64 = 3_600_000
  /// Events of one seed before the simulator gives up on it.
  package static let eventsMax = 20_000
  /// How often every branch syncs, one after the other, once faults are off, until nothing may be
  /// left to exchange: the first round brings everything to the hub, the second back to all.
  package static let settlingRoundsMax = 2
  /// Bytes of one sync once faults are off, beside what was missing.
  package static let settlingBytesPerSync = 4_096
  /// Events of one session once faults are off.
  package static let settlingEventsMax = 500
  package static let requestTimeoutMilliseconds: Int64 = 30_000
  /// Violations kept of one seed.
  package static let violationsMax = 20
}
