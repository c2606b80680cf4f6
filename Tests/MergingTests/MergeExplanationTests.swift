import Testing

@testable import Merging

struct MergeExplanationTests {
  /// The last is not of ours.
  static let all: [MergeExplanation] = [
    .laterWrite, .earlierWrite, .tieByReplica, .editOverBaseline, .baselineOverEdit,
    .firstBaseline, .greaterValue, .lesserValue, .equalValues, .valueOverNull, .preferredBranch,
    .waitsForPerson(.laterWrite), .waitsForPerson(.editOverBaseline), .increments, .addOverRemove,
    .lineOverRemoval, .laterText,
    .updateOverDelete, .deleteOverUpdate, .deleteWaitsForPerson, .answered, .goneWithRow,
    .custom("The boss said so."),
  ]

  @Test func everyExplanationIsASentenceOfItsOwn() {
    #expect(Set(Self.all.map(\.sentence)).count == Self.all.count)
    for sentence in Self.all.map(\.sentence) {
      #expect(sentence.first?.isUppercase == true && sentence.last == ".")
      #expect(!sentence.dropLast().contains("."))
      #expect(!sentence.contains("\n") && !sentence.contains("  "))
    }
  }
}
