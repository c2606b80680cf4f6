/// No reader sees a part of what one exchange brings, or of what one program wrote together
/// elsewhere.
package enum Atomicity: Checker {
  package static let name = "Atomicity"
  package static let promise =
    "what one exchange brings, and what one program wrote together, comes in whole for every"
    + " reader."

  package static func violations(in evidence: Evidence) -> [Violation] {
    evidence.readings.flatMap { reading in
      var result = reading.brokenPairs.map { pair in
        violation("A reader at \(reading.place) saw in event \(reading.event) that \(pair).")
      }
      if reading.changeCount > 1 {
        result.append(
          violation(
            "A reader at \(reading.place) saw event \(reading.event) come in"
              + " \(reading.changeCount) parts."))
      }
      return result
    }
  }
}
