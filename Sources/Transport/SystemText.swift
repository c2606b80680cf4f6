internal import Glibc

/// The system's words for an error number: “Permission denied”.
package func systemErrorText(_ number: Int32) -> String { String(cString: strerror(number)) }
