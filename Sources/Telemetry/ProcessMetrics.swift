private import Glibc

/// What the kernel tells about this process in procfs, under the names every Prometheus client uses.
package enum ProcessMetrics {
  /// Registers `process_*`. A value that cannot be read is left out of the scrape.
  package static func register(in registry: MetricsRegistry) {
    registry.gauge("process_resident_memory_bytes", help: "Resident memory size in bytes.") {
      ProcFile.read("/proc/self/statm").flatMap(residentPages).map { Double($0 * sysconf(Int32(_SC_PAGESIZE))) } ?? .nan
    }
    registry.counter("process_cpu_seconds_total", help: "User and system CPU time spent in seconds.") {
      ProcFile.read("/proc/self/stat").flatMap(ProcessStat.init)
        .map { Double($0.cpuTicks) / Double(sysconf(Int32(_SC_CLK_TCK))) } ?? .nan
    }
    registry.gauge("process_open_fds", help: "Open file descriptors.") { openDescriptors().map(Double.init) ?? .nan }
    registry.gauge("process_max_fds", help: "Maximum number of open file descriptors.") {
      var limit = rlimit()
      return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Double(limit.rlim_cur) : .nan
    }
    let start = startSeconds() ?? .nan
    registry.gauge("process_start_time_seconds", help: "Start time of the process since the epoch in seconds.") {
      start
    }
  }

  /// The number of descriptors this process holds, the one used for counting not included.
  package static func openDescriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // ".", ".." and the descriptor of the directory itself.
    return count - 3
  }

  /// Second number of /proc/self/statm.
  private static func residentPages(_ statm: String) -> Int? {
    let parts = statm.split(separator: " ")
    return parts.count > 1 ? Int(parts[1]) : nil
  }

  private static func startSeconds() -> Double? {
    guard let stat = ProcFile.read("/proc/self/stat").flatMap(ProcessStat.init),
      let boot = ProcFile.read("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
      let bootSeconds = Int(boot.dropFirst(6))
    else { return nil }
    return Double(bootSeconds) + Double(stat.startTicks) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}

/// The fields of /proc/[pid]/stat used here. The command name stands in parentheses and may itself hold spaces and
/// parentheses, so fields are counted from behind the last of them (proc(5)).
package struct ProcessStat: Sendable, Hashable {
  /// User and system time in clock ticks.
  package let cpuTicks: Int
  /// Start after boot in clock ticks.
  package let startTicks: Int

  package init?(_ text: String) {
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    // Field 3 of the manual stands first here: utime is 14, stime 15, starttime 22.
    guard fields.count > 19, let user = Int(fields[11]), let system = Int(fields[12]), let start = Int(fields[19])
    else { return nil }
    cpuTicks = user + system
    startTicks = start
  }
}

/// Small files of procfs, whose size is not known before they are read.
enum ProcFile {
  static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while text.count < 1 << 20 {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count <= 0 { break }
      text += chunk[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }
}
