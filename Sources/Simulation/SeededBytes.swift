internal import Basics

/// Random bytes for the engines, drawn from the seed.
final class SeededBytes {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: ~seed) }

  func callAsFunction(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 24) }
  }
}
