import Deltas
import TestSupport
import Testing

@Suite struct ValueTests {
  @Test func viewsAreTheValuesTheyLend() {
    for value in EdgeValues.all { #expect(value.withView { Value($0) } == value) }
  }

  @Test func equalMeansEqualBytes() {
    #expect(Value.text("é") != Value.text("e\u{301}"))
    #expect(Value.real(0.0) != Value.real(-0.0))
    #expect(Value.real(.nan) == Value.real(bits: Double.nan.bitPattern))
    #expect(Value.real(bits: 0x7ff8_dead_beef_0001) != Value.real(.nan))
    #expect(Value.real(1.0) != Value.integer(1))
    #expect(Value.text("") != Value.null)
    #expect(Value.text("a") != Value.blob([97]))
    #expect(Set(EdgeValues.all).count == EdgeValues.all.count)
  }
}
