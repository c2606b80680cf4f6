import Basics
import Deltas
import TestSupport
import Testing

@Suite struct BlockCompressionTests {
  @Test func contentComesBackAndIsNeverMuchLonger() throws {
    var generator = SeededGenerator(seed: 1)
    for count in [1, 2, 10, 100, 1_000, 100_000] {
      let noise = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      let zeroes = [UInt8](repeating: 0, count: count)
      for raw in [noise, zeroes] {
        let payload = compressedBlock(raw: raw)
        #expect(try decompressedBlock(payload: payload) == raw)
        #expect(payload.count <= raw.count + 4)
      }
    }
  }

  @Test func aLengthThatDoesNotFitIsAnError() {
    let payload = compressedBlock(raw: [UInt8](repeating: 0, count: 100))
    #expect(payload[0] == 100)
    for length in 0..<128 where length != 100 {
      var lying = payload
      lying[0] = UInt8(length)
      // Bytes as long as their content are taken for the content itself.
      guard length != payload.count - 1 else { continue }
      #expect(throws: DeltaDecodingError.self) { try decompressedBlock(payload: lying) }
    }
    #expect(throws: DeltaDecodingError.self) { try decompressedBlock(payload: []) }
  }
}
