#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The system's words for an error number: “Permission denied”.
package func systemErrorText(_ number: Int32) -> String { String(cString: strerror(number)) }
