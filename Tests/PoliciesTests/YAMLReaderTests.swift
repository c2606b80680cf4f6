import Basics
import Foundation
import TestSupport
import Testing

@testable import Policies

struct YAMLReaderTests {
  private static let pieces = [
    "a", "points", "no", "on", "null", "8001", "1.5", "客户", "ß", "it's", "a b", "#", ": ", "- ",
    "\"", "\\", "\n", "\t", "[", "{", "&a", "*a", "!", "", " ", "~", "<<", "=", "\u{1F600}",
    "\u{200B}",
  ]

  private static func word(_ generator: inout SeededGenerator) -> String {
    let count = Int.random(in: 0...2, using: &generator)
    return (0..<count).map { _ in pieces.randomElement(using: &generator)! }.joined()
  }

  private static func tree(_ generator: inout SeededGenerator, depth: Int) -> YAMLTree {
    let count = Int.random(in: 0...3, using: &generator)
    switch depth == 0 ? 0 : Int.random(in: 0...4, using: &generator) {
    case 0, 1: return .word(word(&generator))
    case 2: return .list((0..<count).map { _ in tree(&generator, depth: depth - 1) })
    default:
      let names = (0..<count).map { "\($0)" + word(&generator) }
      return .map(
        names.map { YAMLTree.Pair(name: $0, value: tree(&generator, depth: depth - 1)) })
    }
  }

  private static func document(_ generator: inout SeededGenerator) -> YAMLTree {
    .map([
      .init(name: "policy", value: .word("1")),
      .init(name: "tables", value: tree(&generator, depth: 4)),
      .init(name: word(&generator) + ".", value: tree(&generator, depth: 2)),
    ])
  }

  /// Whatever is written in our part of the language is read as it was meant, by others too.
  @Test func readsWhatOthersRead() {
    for seed in 1...2_000 as ClosedRange<UInt64> {
      var generator = SeededGenerator(seed: seed)
      let tree = Self.document(&generator)
      var writer = YAMLWriter(generator: generator)
      let text = writer.text(of: tree)
      let bytes = Array(text.utf8)
      guard YAMLTree.ours(bytes) == tree, YAMLTree.others(bytes) == tree else {
        Issue.record(
          """
          Seed \(seed). Meant: \(tree)
          We: \(String(describing: YAMLTree.ours(bytes)))
          Others: \(String(describing: YAMLTree.others(bytes)))
          \(text)
          """)
        return
      }
    }
  }

  /// Whatever bytes come: no trap, and what we read without a remark, others read the same way.
  @Test func anythingThatIsReadIsReadAsByOthers() throws {
    var texts = try FileManager.default.contentsOfDirectory(atPath: fixture("Policies").path)
      .filter { $0.hasSuffix(".yaml") && $0 != "many-errors.yaml" }.sorted()
      .map { Array(try Data(contentsOf: fixture("Policies/\($0)"))) }
    texts.append(Array(try Data(contentsOf: Shop.projectFile("deploy/policy.example.yaml"))))
    let bits = " \n\t:,-[]{}#'\"\\&*!|>?%@`<~a1\r\u{E9}".utf8.map { $0 }
    var readCount = 0
    for seed in 1...6_000 as ClosedRange<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var text = texts.randomElement(using: &generator)!
      if seed.isMultiple(of: 3) {
        var writer = YAMLWriter(generator: generator)
        text = Array(writer.text(of: Self.document(&generator)).utf8)
      }
      for _ in 0..<Int.random(in: 1...4, using: &generator) where !text.isEmpty {
        let place = Int.random(in: text.indices, using: &generator)
        switch Int.random(in: 0...3, using: &generator) {
        case 0: text.remove(at: place)
        case 1: text.insert(bits.randomElement(using: &generator)!, at: place)
        case 2: text[place] = bits.randomElement(using: &generator)!
        default:
          let end = Int.random(in: place..<min(place + 40, text.count), using: &generator)
          text.insert(
            contentsOf: text[place...end], at: Int.random(in: text.indices, using: &generator))
        }
      }
      guard let ours = YAMLTree.ours(text) else { continue }
      readCount += 1
      guard YAMLTree.others(text) == ours else {
        Issue.record(
          """
          Seed \(seed). We: \(ours)
          Others: \(String(describing: YAMLTree.others(text)))
          \(String(decoding: text, as: UTF8.self))
          """)
        return
      }
    }
    #expect(readCount > 500)
  }

  /// Few bytes that would cost much, and much that would cost more.
  @Test func nothingCostsMuch() {
    let bytes = PolicyLimits.textBytesMax / 4
    let lines = [
      "[", "{a: ", "- ", "? ", "\"", "'", "a: ", "&a [*a, *a]\n", "a:\n ", ",", "#", "\\",
    ]
    for line in lines {
      let text = String(repeating: line, count: bytes / line.utf8.count)
      #expect(YAMLTree.ours(Array(text.utf8)) == nil, "\(line)")
      #expect(YAMLTree.ours(Array(("policy: " + text).utf8.prefix(bytes))) == nil || line == "#")
    }
    let stairs = (0..<700).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
    #expect(YAMLTree.ours(Array(stairs.utf8)) == nil)
    let names = (0..<bytes / 8).map { "a\($0)" }.joined(separator: ",")
    #expect(YAMLTree.ours(Array("policy: [\(names)]".utf8)) != nil)
    var remarks = PolicyRemarks()
    let tooMuch = [UInt8](repeating: UInt8(ascii: " "), count: PolicyLimits.textBytesMax + 1)
    #expect(YAMLReader.read(tooMuch, remarks: &remarks) == nil)
    #expect(remarks.errorCount == 1)
    #expect(remarks.sorted.first?.place == .start)
  }

  @Test func placesAreCountedAsEditorsDo() {
    var remarks = PolicyRemarks()
    let text = "\u{FEFF}policy: 1\r\n\"客户é\": {x: 'it''s', y: [a,\n  b]}\n"
    let value = YAMLReader.read(Array(text.utf8), remarks: &remarks)
    guard case .map(let entries, true)? = value?.content, entries.count == 2,
      case .map(let inner, true) = entries[1].value.content,
      case .list(let items) = inner[1].value.content
    else {
      Issue.record("\(String(describing: value)) \(remarks.sorted)")
      return
    }
    #expect(entries.map(\.place.description) == ["1:1", "2:1"])
    #expect(entries[1].value.place.description == "2:8")
    #expect(inner.map(\.place.description) == ["2:9", "2:21"])
    #expect(inner.map(\.value.place.description) == ["2:12", "2:24"])
    #expect(items.map(\.place.description) == ["2:25", "3:3"])
  }
}
