import Clocks
import Testing

@Suite struct GenerationIDTests {
  @Test func descriptionsComeBack() {
    let generation = GenerationID(high: 0x0123, low: .max)
    #expect(generation.description == "0000000000000123ffffffffffffffff")
    #expect(GenerationID(generation.description) == generation)
  }

  @Test(arguments: [
    "", "0", "0000000000000123fffffffffffffff", "0000000000000123fffffffffffffffff",
    "g000000000000123ffffffffffffffff", "+000000000000123ffffffffffffffff",
    "0000000000000123+fffffffffffffff",
  ])
  func nothingElseIsOne(text: String) { #expect(GenerationID(text) == nil) }
}

@Suite struct LogPositionTests {
  @Test func positionsAreOrderedFromTheStart() {
    #expect(LogPosition.start < LogPosition.start.next)
    #expect(LogPosition.start.next == LogPosition(1))
    #expect(LogPosition(41).next.description == "42")
  }
}
