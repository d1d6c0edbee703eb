import CLinux
import FoundationEssentials
import Glibc
import Networking
import TestSupport
import Testing

/// What it takes to make a fault: tools and rights. Where they are missing a test is skipped, with a line.
enum Faults {
  static let needsTracing: Comment = "skipped: no /usr/bin/strace, or it may not trace"
  static let needsNetworks: Comment = "skipped: no ip, iptables and unshare, or no right to a network of one's own"
  static let needsMounts: Comment = "skipped: no right to mount a tmpfs in a namespace of one's own"
  static let needsPrlimit: Comment = "skipped: no /usr/bin/prlimit"
  static let needsTaskset: Comment = "skipped: no /usr/bin/taskset"
  static let needsFakeTime: Comment = "skipped: no libfaketime, or this build cannot run with it"

  static let strace = "/usr/bin/strace"
  static let prlimit = "/usr/bin/prlimit"
  static let taskset = "/usr/bin/taskset"

  /// The hard limit, to which the service raises its own.
  static var descriptorsMax: Int {
    var limit = rlimit()
    _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_max)
  }

  static func isInstalled(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }

  static func canTrace() async -> Bool {
    await succeeds([strace, "-qq", "-o", "/dev/null", "/bin/true"])
  }

  /// The variables of a process whose wall clock is off by what stands in a file, `+1d` say. The library sets a variable
  /// before `main`, and then Swift's runtime finds no arguments: options, too, have to be variables.
  static func fakeTime(_ file: String) -> [String: String] {
    #if arch(x86_64)
    let folder = "/usr/lib/x86_64-linux-gnu/faketime"
    #else
    let folder = "/usr/lib/aarch64-linux-gnu/faketime"
    #endif
    return [
      "LD_PRELOAD": "\(folder)/libfaketimeMT.so.1", "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
      "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    ]
  }

  static func canFakeTime() async -> Bool {
    var variables = fakeTime("/dev/null")
    guard let library = variables["LD_PRELOAD"], FileManager.default.fileExists(atPath: library) else {
      return false
    }
    variables["VITRINE_HTTP_PORT"] = "none"
    return (try? await ServiceProcess.finished([], environment: variables).end) == .exited(64)
  }

  static func canMakeNetworks() async -> Bool {
    let rule = "iptables -A INPUT -p tcp --dport 1 -m statistic --mode random --probability 0.05 -j DROP"
    return await succeeds(["/usr/bin/unshare", "--net", "/bin/sh", "-c", "ip link set lo up && \(rule)"])
  }

  static func canMount() async -> Bool { await succeeds(smallDisk(at: "/mnt") + ["/bin/true"]) }

  /// What precedes a command for whom `folder` is a disk of 16 KB.
  static func smallDisk(at folder: String) -> [String] {
    let mount = "mount -t tmpfs -o size=16k none \(folder)"
    return ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", "\(mount) && exec \"$@\"", "sh"]
  }

  /// Whether a command can be run and exits 0.
  static func succeeds(_ command: [String]) async -> Bool {
    guard isInstalled(command[0]) else { return false }
    let finished = try? await ChildProcess.finished(command, environment: environment)
    return finished?.end == .exited(0)
  }

  /// `iptables` and `ip` stand where not every user's path leads.
  static var environment: [String: String] { ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"] }

  /// What precedes a command that has a network of its own, with nothing in it but `lo`.
  static func ownNetwork(_ first: String = "true") -> [String] {
    [
      "/usr/bin/unshare", "--net", "/bin/sh", "-c",
      "PATH=/usr/sbin:/sbin:$PATH; ip link set lo up && \(first) && exec \"$@\"", "sh",
    ]
  }

  /// Runs `body` on a thread of its own in the network of a process: the sockets that it opens stay there.
  static func inNetwork<Value: Sendable>(
    of pid: pid_t, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await onThread {
      let own = unsafe open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
      let other = unsafe open("/proc/\(pid)/ns/net", O_RDONLY | O_CLOEXEC)
      defer {
        _ = setns(own, 0)
        close(own)
        close(other)
      }
      guard setns(other, 0) == 0 else { throw Errno("setns") }
      return try body()
    }
  }

  /// `command` of a shell in the network of a process.
  static func shell(_ command: String, inNetworkOf pid: pid_t) async throws -> String {
    let nsenter = ["/usr/bin/nsenter", "--net=/proc/\(pid)/ns/net", "/bin/sh", "-c", command]
    let finished = try await ChildProcess.finished(nsenter, environment: environment)
    guard finished.end == .exited(0) else { throw ProcessFailure(description: "\(command): \(finished.errors)") }
    return finished.output
  }

  /// Has strace(1) fail system calls of `process` as `injection` says, while `body` runs.
  static func injecting<Result>(
    _ calls: String, _ injection: String, into process: ChildProcess, _ body: () async throws -> Result
  ) async throws -> Result {
    let options = ["-o", "/dev/null", "-e", "trace=\(calls)", "-e", "inject=\(calls):\(injection)"]
    return try await traced(process, options, body)
  }

  /// The system calls of `process` that strace(1) saw while `body` ran, a line each, behind the thread's number: a call
  /// during which another one was made has one line more for its end. Descriptors have their paths.
  static func tracing(_ calls: String, of process: ChildProcess, _ body: () async throws -> Void) async throws
    -> [String]
  {
    let folder = try TemporaryFolder()
    let file = "\(folder.path)/calls"
    try await traced(process, ["-y", "-s", "16", "-o", file, "-e", "trace=\(calls)"], body)
    return try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  private static func traced<Result>(
    _ process: ChildProcess, _ options: [String], _ body: () async throws -> Result
  ) async throws -> Result {
    let command = [strace, "-f"] + options + ["-p", "\(process.pid)"]
    return try await ChildProcess.run(command, environment: environment) { tracer in
      _ = try await tracer.errors.line("attached")
      let result = try await body()
      tracer.send(SIGINT)
      _ = try await tracer.end()
      return result
    }
  }
}

extension ServiceProcess {
  /// The service is as it was before a fault: live, ready, and it serves each of some clients.
  func expectHealthy() async throws {
    for path in ["/healthz", "/readyz", "/", "/api/products"] { #expect(try await get(path).status == 200, "\(path)") }
    #expect(try await metric("vitrine_loops_stuck") == 0)
    #expect(process.ended == nil)
  }
}
