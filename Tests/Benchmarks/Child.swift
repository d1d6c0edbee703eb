import Foundation

/// A process of the benchmark's own. It ends with this object; `setpriv` makes it end with the benchmark too, however
/// that ends.
final class Child {
  let pid: pid_t
  private let errorsPath: String
  private var reaped = false

  /// Without a core the command is executed as it is, so that its start can be timed.
  init(_ command: [String], core: Int?, output: String = "/dev/null", errors: String) throws {
    let pinned = core.map { ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", String($0)] } ?? []
    pid = try Child.spawn(pinned + command, output: output, errors: errors)
    errorsPath = errors
  }

  deinit {
    guard !reaped else { return }
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }

  /// CPU time of all threads since the start, in nanoseconds.
  func cpuNanoseconds() throws -> Double {
    var clock = clockid_t()
    var time = timespec()
    guard unsafe clock_getcpuclockid(pid, &clock) == 0, unsafe clock_gettime(clock, &time) == 0 else {
      throw Failure("no CPU clock of process \(pid): \(lastErrors)")
    }
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }

  /// A field of /proc/PID/status that is a size.
  func residentBytes(_ field: String = "VmRSS") throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix(field + ":") }
    guard let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
      throw Failure("no \(field) of process \(pid)")
    }
    return kilobytes * 1024
  }

  /// waitpid(2) without blocking.
  func hasEnded() -> Bool {
    if !reaped { reaped = waitpid(pid, nil, WNOHANG) == pid }
    return reaped
  }

  /// Waits for the end; false when it did not come in time.
  func ends(within seconds: Int) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !hasEnded() {
      guard ContinuousClock.now < deadline else { return false }
      usleep(2_000)
    }
    return true
  }

  /// The end of what it wrote to standard error.
  var lastErrors: String {
    let text = (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? ""
    return text.isEmpty ? "it left no message" : String(text.suffix(600))
  }

  private static func spawn(_ command: [String], output: String, errors: String) throws -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let write = O_WRONLY | O_CREAT | O_TRUNC
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, write, 0o600)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, write, 0o600)

    // A clean environment: no VITRINE_ variable of the caller is to change what is measured.
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let arguments = unsafe command.map { unsafe strdup($0) } + [nil]
    let environment = unsafe [strdup("PATH=\(path)"), nil]
    // Not `for unsafe string in …`: swift format takes the space out of that, and it no longer compiles.
    defer { unsafe (arguments + environment).forEach { unsafe free($0) } }

    var pid = pid_t()
    let error = unsafe posix_spawnp(&pid, command[0], &actions, nil, arguments, environment)
    guard error == 0 else { throw Failure("\(command[0]): \(unsafe String(cString: strerror(error)))") }
    return pid
  }
}
