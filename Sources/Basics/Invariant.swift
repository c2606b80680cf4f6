/// Stops the process with a sentence when something that only our own bug can make false is false.
///
/// Holds in release builds too. Never call it on what bytes, files, clocks or people decide:
/// those throw.
@inlinable
package func invariant(
  _ condition: @autoclosure () -> Bool, _ sentence: @autoclosure () -> String,
  file: StaticString = #fileID, line: UInt = #line
) {
  if !condition() {
    fatalError("Invariant broken: \(sentence())", file: file, line: line)
  }
}
