import Foundation
import TestSupport

/// A text file of the project, or one that a test made up.
struct SourceFile {
  /// From the project's folder, with slashes.
  let path: String
  let text: String
  /// From line 1 at index 0.
  let lines: [Substring]

  init(_ path: String, _ text: String) {
    self.path = path
    self.text = text
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  var isSwift: Bool { path.hasSuffix(".swift") }
  var isMarkdown: Bool { path.hasSuffix(".md") }

  /// The module whose source this is, if it is one's.
  var module: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
  }

  /// The Swift code without comments and the insides of string literals, line by line.
  var codeLines: [Substring] {
    codeOnly(text).split(separator: "\n", omittingEmptySubsequences: false)
  }
}

/// Every text file of the project, in the order of the paths: the work tree without what is built.
func projectFiles() throws -> [SourceFile] {
  try projectPaths().compactMap { path in
    let data = try Data(contentsOf: projectFolder.appendingPathComponent(path))
    guard !data.contains(0), let text = String(validating: data, as: UTF8.self) else { return nil }
    return SourceFile(path, text)
  }
}

/// The paths of the project's files, text or not.
func projectPaths() throws -> [String] {
  var paths: [String] = []
  func walk(_ folder: String) throws {
    let url = folder.isEmpty ? projectFolder : projectFolder.appendingPathComponent(folder)
    for name in try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() {
      guard !isLeftOut(name) else { continue }
      let path = folder.isEmpty ? name : "\(folder)/\(name)"
      var isFolder: ObjCBool = false
      let full = projectFolder.appendingPathComponent(path).path
      guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), !isLink(full)
      else { continue }
      if isFolder.boolValue { try walk(path) } else { paths.append(path) }
    }
  }
  try walk("")
  return paths
}

/// What a link leads to has a path of its own.
private func isLink(_ path: String) -> Bool {
  let attributes = try? FileManager.default.attributesOfItem(atPath: path)
  return attributes?[.type] as? FileAttributeType == .typeSymbolicLink
}

/// What `.gitignore` leaves out, and the history itself.
private func isLeftOut(_ name: String) -> Bool {
  name == ".git" || name == ".build" || name.hasPrefix(".build-") || name == "Package.resolved"
    || name == "__pycache__" || name == "demo-output" || name == ".swiftpm"
    || name.hasSuffix(".o")
}
