internal import CLinux
internal import Glibc
package import Metrics

/// The families that every Prometheus client library has of its process, and which build this is.
///
/// Each is read when it is scraped, without a descriptor where the kernel allows it: a scrape that finds none free
/// leaves the family out, and shows the others.
package enum ProcessMetrics {
  /// Call it once, at the start.
  package static func register(in registry: Registry, build: BuildInformation = .current) {
    registry.collectedCounter(
      "process_cpu_seconds_total", "User and system CPU time spent in seconds.", cpuSeconds)
    registry.collectedGauge("process_resident_memory_bytes", "Resident memory size in bytes.") {
      memory()?.resident
    }
    registry.collectedGauge("process_virtual_memory_bytes", "Virtual memory size in bytes.") {
      memory()?.virtual
    }
    registry.collectedGauge("process_open_fds", "Open file descriptors.", openDescriptors)
    registry.collectedGauge(
      "process_max_fds", "Most file descriptors that may be open: the soft limit.", descriptorsMax)
    // Taken now: the wall clock may be stepped later, and the start would move with it.
    let start = startSeconds()
    registry.collectedGauge("process_start_time_seconds", "Start of the process since 1970-01-01T00:00Z in seconds.") {
      start
    }
    let labels = [build.version, build.revision, build.swiftVersion]
    registry.collectedGauge(
      "vitrine_build_info", "Which build this is; always 1.", labels: ["version", "revision", "swift_version"]
    ) { [(labels, 1)] }
  }

  /// CLOCK_PROCESS_CPUTIME_ID, clock_gettime(2): to the nanosecond, where /proc/self/stat counts in 10 ms.
  static func cpuSeconds() -> Double? {
    Double(clinux_nanoseconds(CLOCK_PROCESS_CPUTIME_ID)) / 1e9
  }

  /// In bytes, from /proc/self/statm, which counts in pages: proc_pid_statm(5).
  static func memory(read: (String) -> String? = KernelFile.text) -> (virtual: Double, resident: Double)? {
    guard let pages = read("/proc/self/statm")?.split(separator: " ").prefix(2).compactMap({ Double($0) }),
      pages.count == 2
    else { return nil }
    let pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
    return (pages[0] * pageBytes, pages[1] * pageBytes)
  }

  /// Since Linux 6.2 the size of /proc/self/fd is the number of open descriptors, which needs none and does not walk
  /// over ten thousand of them. Before, it is 0 and the folder is read.
  static func openDescriptors() -> Double? {
    var folder = stat()
    if unsafe stat("/proc/self/fd", &folder) == 0, folder.st_size > 0 { return Double(folder.st_size) }
    return countDescriptors().map { Double($0) }
  }

  static func countDescriptors() -> Int? {
    guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
    defer { unsafe closedir(folder) }
    var entries = 0
    while unsafe readdir(folder) != nil { entries += 1 }
    // `.`, `..` and the descriptor of this very reading do not count.
    return max(0, entries - 3)
  }

  /// RLIMIT_NOFILE, getrlimit(2).
  static func descriptorsMax() -> Double? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
    return Double(limit.rlim_cur)
  }

  /// When the process started, seconds since 1970-01-01T00:00Z by the clock as it stands now, right to the 10 ms in
  /// which the kernel counts it. By its age: `btime` of /proc/stat is a whole second.
  static func startSeconds(read: (String) -> String? = KernelFile.text) -> Double? {
    guard let ticks = read("/proc/self/stat").flatMap(startTicks) else { return nil }
    let start = ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    let bootToNow = Double(clinux_boottime()) / 1e9
    return Double(clinux_realtime()) / 1e9 - (bootToNow - start)
  }

  /// Field 22, clock ticks from boot to start: proc_pid_stat(5). Field 2 is the program's name in parentheses and may
  /// hold both blanks and parentheses, so the count begins after the last one.
  static func startTicks(ofStat line: String) -> Double? {
    guard let nameEnd = line.lastIndex(of: ")") else { return nil }
    let fields = line[nameEnd...].split(separator: " ")
    return fields.count > 20 ? Double(fields[20]) : nil
  }
}
