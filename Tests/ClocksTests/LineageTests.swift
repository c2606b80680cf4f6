import Testing

@testable import Clocks

struct LineageTests {
  static let root = GenerationID(high: 0, low: 1)
  static let second = GenerationID(high: 0, low: 2)
  static let third = GenerationID(high: 0, low: 3)
  static let other = GenerationID(high: 0, low: 4)

  /// root: 1 to 10, second: 11 to 20, third: from 21 on; other: from 16 on, after second's 15.
  static var lineage: Lineage {
    Lineage(links: [
      LineageLink(generation: other, parent: second, fork: LogPosition(15)),
      LineageLink(generation: third, parent: second, fork: LogPosition(20)),
      LineageLink(generation: second, parent: root, fork: LogPosition(10)),
      LineageLink(generation: root, parent: nil, fork: .start),
    ])
  }

  static func place(_ generation: GenerationID, _ position: UInt64) -> CausalContext {
    CausalContext(generation: generation, position: LogPosition(position))
  }

  @Test("A path begins at the root and says where each generation begins")
  func path() {
    #expect(
      Self.lineage.path(to: Self.third) == [
        GenerationStep(generation: Self.root, fork: .start),
        GenerationStep(generation: Self.second, fork: LogPosition(10)),
        GenerationStep(generation: Self.third, fork: LogPosition(20)),
      ])
    #expect(Self.lineage.path(to: GenerationID(high: 9, low: 9)).isEmpty)
  }

  @Test("A place is named by the generation that wrote it")
  func canonical() {
    let lineage = Self.lineage
    #expect(lineage.canonical(Self.place(Self.third, 21)) == Self.place(Self.third, 21))
    #expect(lineage.canonical(Self.place(Self.third, 20)) == Self.place(Self.second, 20))
    #expect(lineage.canonical(Self.place(Self.third, 10)) == Self.place(Self.root, 10))
    #expect(lineage.canonical(Self.place(Self.root, 99)) == Self.place(Self.root, 99))
    #expect(lineage.canonical(Self.place(Self.root, 0)) == Self.place(Self.root, 0))
  }

  @Test("Two timelines share what lies below their fork")
  func common() {
    let lineage = Self.lineage
    let shared = lineage.common(Self.place(Self.third, 30), Self.place(Self.other, 40))
    #expect(shared == Self.place(Self.second, 15))
    #expect(
      lineage.common(Self.place(Self.second, 12), Self.place(Self.other, 40))
        == Self.place(Self.second, 12))
    #expect(
      lineage.common(Self.place(Self.root, 50), Self.place(Self.other, 40))
        == Self.place(Self.root, 10))
    #expect(
      lineage.common(Self.place(Self.root, 50), Self.place(GenerationID(high: 9, low: 9), 1))
        == nil)
  }

  @Test("A context includes what lies on its path, and nothing of a lost timeline")
  func includes() {
    let lineage = Self.lineage
    #expect(lineage.includes(Self.place(Self.second, 20), in: Self.place(Self.third, 21)))
    #expect(lineage.includes(Self.place(Self.second, 15), in: Self.place(Self.other, 16)))
    #expect(!lineage.includes(Self.place(Self.second, 16), in: Self.place(Self.other, 16)))
    #expect(!lineage.includes(Self.place(Self.second, 13), in: Self.place(Self.other, 12)))
    #expect(!lineage.includes(Self.place(Self.other, 16), in: Self.place(Self.third, 30)))
    #expect(lineage.includes(Self.place(Self.other, 9), in: Self.place(Self.root, 9)))
  }

  @Test("A generation without an entry of its own changes no name")
  func emptyGeneration() {
    var lineage = Lineage(root: Self.root)
    for (generation, parent) in [(Self.second, Self.root), (Self.third, Self.second)] {
      let isNew = lineage.add(
        LineageLink(generation: generation, parent: parent, fork: LogPosition(7)))
      #expect(isNew)
    }
    #expect(
      lineage.path(to: Self.third) == [
        GenerationStep(generation: Self.root, fork: .start),
        GenerationStep(generation: Self.third, fork: LogPosition(7)),
      ])
  }

  @Test("What contradicts what is known is not taken in")
  func contradictions() {
    var lineage = Self.lineage
    let before = lineage
    let isKnown = lineage.add(
      LineageLink(generation: Self.other, parent: Self.second, fork: LogPosition(15)))
    #expect(isKnown)
    for link in [
      LineageLink(generation: Self.other, parent: Self.second, fork: LogPosition(14)),
      LineageLink(generation: Self.other, parent: Self.root, fork: LogPosition(15)),
      LineageLink(generation: Self.other, parent: nil, fork: .start),
      LineageLink(generation: Self.root, parent: Self.third, fork: LogPosition(3)),
      LineageLink(generation: Self.root, parent: nil, fork: LogPosition(3)),
      LineageLink(
        generation: GenerationID(high: 9, low: 9), parent: GenerationID(high: 8, low: 8),
        fork: .start),
    ] {
      let isTaken = lineage.add(link)
      #expect(!isTaken)
    }
    #expect(lineage == before)
    #expect(Lineage(links: before.links) == before)
  }

  @Test("A generation is 16 bytes in the order of its digits")
  func bytes() throws {
    let generation = GenerationID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)
    #expect(generation.bytes.first == 0x01)
    #expect(generation.bytes.last == 0x10)
    #expect(GenerationID(bytes: generation.bytes) == generation)
    #expect(GenerationID(generation.description) == generation)
    #expect(GenerationID(bytes: Array(generation.bytes.dropLast())) == nil)
  }
}
