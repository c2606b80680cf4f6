import Deltas
import Foundation
import FuzzTargets
import TestSupport
import Testing

/// What the fuzzer found worth keeping, and what once broke a property, holds for good.
@Suite struct CorpusReplayTests {
  @Test(arguments: Corpus.all) func nothingIsFound(in corpus: Corpus) throws {
    #expect(!corpus.files.isEmpty, "Fixtures/Corpus/\(corpus.target.name) is empty.")
    #expect(try corpus.findings(isBroken: false) == [])
  }

  /// A property that a planted bug does not break would find nothing in a fuzzer either.
  @Test(arguments: Corpus.all) func aPlantedBugIsFound(in corpus: Corpus) throws {
    #expect(try !corpus.findings(isBroken: true).isEmpty)
  }

  @Test func eachFolderIsATargets() throws {
    let folders = try FileManager.default.contentsOfDirectory(
      at: fixture("Corpus"), includingPropertiesForKeys: [.isDirectoryKey]
    ).filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
    let names = Corpus.all.map { $0.target.name }.sorted()
    #expect(folders.map { $0.lastPathComponent }.sorted() == names)
  }

  /// The golden streams, taken apart and sealed again as the fuzzer does it.
  @Test(arguments: ["changeset", "delta"]) func goldenStreamsHoldToo(ending: String) throws {
    let folders = try FileManager.default.contentsOfDirectory(
      at: fixture("Deltas"), includingPropertiesForKeys: nil)
    let files = try folders.flatMap {
      try FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
    }.filter { $0.pathExtension == ending }
    #expect(!files.isEmpty)
    let corpus = try #require(Corpus.all.first { $0.target.name == ending })
    for file in files {
      let stream = try GoldenFile.hexadecimalFile(file)
      #expect(corpus.finding([1] + stream, isBroken: false) == nil)
      guard let script = try? FrameScript.script(of: stream) else { continue }
      #expect(corpus.finding([0] + script, isBroken: false) == nil)
    }
  }
}
