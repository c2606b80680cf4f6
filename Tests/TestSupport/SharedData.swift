package import Foundation

/// Real databases and labelled data that tests read and never change.
///
/// They lie in the folder that `TRIBUTARY_SHARED_DATA` names, else in `shared/data` beside the
/// project's folder. Tests that need one are disabled where it is absent.
package func sharedData(_ path: String) -> URL? {
  let folder: URL
  if let named = ProcessInfo.processInfo.environment["TRIBUTARY_SHARED_DATA"] {
    folder = URL(fileURLWithPath: named)
  } else {
    folder = projectFolder.deletingLastPathComponent().appendingPathComponent("shared/data")
  }
  let file = folder.appendingPathComponent(path)
  return FileManager.default.fileExists(atPath: file.path) ? file : nil
}

/// The folder that holds Package.swift.
package let projectFolder = URL(fileURLWithPath: #filePath)
  .resolvingSymlinksInPath()
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// A file of `Fixtures/`.
package func fixture(_ path: String) -> URL {
  projectFolder.appendingPathComponent("Fixtures").appendingPathComponent(path)
}
