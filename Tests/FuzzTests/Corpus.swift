import Foundation
import FuzzCertificates
import FuzzTargets
import TestSupport
import Testing

/// The inputs that are kept for each fuzz target, in `Fixtures/Corpus` under its name.
struct Corpus: CustomTestStringConvertible {
  let target: any FuzzTarget.Type
  let files: [URL]

  static let all = (FuzzTargets.all + FuzzCertificates.all).map(Corpus.init)

  init(_ target: any FuzzTarget.Type) {
    self.target = target
    let found = try? FileManager.default.contentsOfDirectory(
      at: fixture("Corpus/\(target.name)"), includingPropertiesForKeys: nil)
    files = (found ?? []).sorted { $0.path < $1.path }
  }

  var testDescription: String { target.name }

  /// The files that break the target's property, with what they broke.
  func findings(isBroken: Bool) throws -> [String] {
    try files.compactMap { file in
      let input = Array(try Data(contentsOf: file))
      return finding(input, isBroken: isBroken).map {
        "\(target.name)/\(file.lastPathComponent): \($0)"
      }
    }
  }

  /// What an input broke, or nil.
  func finding(_ input: [UInt8], isBroken: Bool) -> String? {
    do throws(FuzzFinding) {
      try target.init(isBroken: isBroken).check(input)
      return nil
    } catch {
      return error.description
    }
  }
}
