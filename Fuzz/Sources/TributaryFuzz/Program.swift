internal import FuzzTargets
internal import Glibc

#if CERTIFICATES
  internal import FuzzCertificates
#endif

// `TRIBUTARY_FUZZ_TARGET` says what is tested, and `TRIBUTARY_FUZZ_PLANTED` plants a bug in it,
// which must be found; the arguments are libFuzzer's.
// https://llvm.org/docs/LibFuzzer.html

/// What is tested; set once, before the first input.
nonisolated(unsafe) private var target: (any FuzzTarget)?

private func allTargets() -> [any FuzzTarget.Type] {
  #if CERTIFICATES
    return FuzzTargets.all + FuzzCertificates.all
  #else
    return FuzzTargets.all
  #endif
}

private func chosenTarget() -> any FuzzTarget {
  let name = getenv("TRIBUTARY_FUZZ_TARGET").map { String(cString: $0) } ?? ""
  if let type = allTargets().first(where: { $0.name == name }) {
    return type.init(isBroken: getenv("TRIBUTARY_FUZZ_PLANTED") != nil)
  }
  for type in allTargets() { print(type.name, type.inputBytesMax) }
  exit(name == "list" ? 0 : 64)
}

private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// libFuzzer's own loop.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Where the program begins: the name that the build system gives to `main`.
@_cdecl("tributary_fuzz_main")
func tributaryFuzzMain(_ count: CInt, _ arguments: UnsafeMutableRawPointer) -> CInt {
  target = chosenTarget()
  var count = count
  var arguments = arguments.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)
  return runFuzzer(&count, &arguments) { testOneInput($0, $1) }
}

private func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  do throws(FuzzFinding) {
    try target?.check(input)
  } catch {
    // On standard error, where libFuzzer writes.
    let line = Array("Finding: \(error)\n".utf8)
    _ = write(2, line, line.count)
    abort()
  }
  return 0
}
