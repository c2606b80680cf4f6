internal import Foundation

/// What a process has used.
struct Usage {
  var cpuSeconds: Double
  var peakKibibytes: Int

  init(_ usage: rusage) {
    cpuSeconds =
      Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    peakKibibytes = usage.ru_maxrss
  }

  /// This process, up to now.
  static var own: Usage {
    var usage = rusage()
    getrusage(0, &usage)  // RUSAGE_SELF, which Glibc's module has as another type
    return Usage(usage)
  }

  /// A running process, up to now; nil once it is gone.
  static func cpuSeconds(of pid: pid_t) -> Double? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[end...].dropFirst(2).split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12])
    else { return nil }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  static func peakKibibytes(of pid: pid_t) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return line.split { !$0.isNumber }.first.flatMap { Int($0) }
  }

  /// Bytes that went over the loopback interface, all headers included.
  static var loopbackBytes: Int? {
    let path = "/sys/class/net/lo/statistics/tx_bytes"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}

/// Seconds of CPU that some work takes in this process.
func cpuSeconds(_ work: () throws -> Void) rethrows -> Double {
  let before = Usage.own.cpuSeconds
  try work()
  return Usage.own.cpuSeconds - before
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2)
    ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}
