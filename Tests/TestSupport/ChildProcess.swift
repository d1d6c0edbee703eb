internal import Dispatch
internal import FoundationEssentials
package import Glibc
internal import Networking
internal import Synchronization

/// How a process ended.
package enum ProcessEnd: Sendable, Equatable {
  case exited(Int32)
  case killed(signal: Int32)
}

/// What a process did not do within the ceiling, with what it said instead.
package struct ProcessFailure: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) {
    self.description = description
  }
}

/// A program that a test starts, and that ends with the test in every case.
package final class ChildProcess: Sendable {
  /// Seconds that anything may take unless a test grants more; only a failing test waits so long.
  package static let ceiling = 60.0

  package let output: OutputLines
  package let errors: OutputLines
  package let pid: pid_t
  private let state = Mutex<ProcessEnd?>(nil)

  /// Starts `command`, hands it to `body`, and kills it when `body` has left it running.
  ///
  /// - Parameters:
  ///   - input: the file that is its standard input.
  ///   - pause: the output is read up to the line with this text, and no further before `output.goOn()`.
  package static func run<Result>(
    _ command: [String], environment: [String: String], input: String = "/dev/null", pausingAt pause: String? = nil,
    _ body: (ChildProcess) async throws -> Result
  ) async throws -> Result {
    let child = try ChildProcess(command, environment, input: input, pause: pause)
    do {
      let result = try await body(child)
      try await child.kill()
      return result
    } catch {
      try await child.kill()
      throw error
    }
  }

  /// Runs `command` to its end.
  ///
  /// - Parameter seconds: that it may take.
  package static func finished(
    _ command: [String], environment: [String: String], input: String = "/dev/null", within seconds: Double = ceiling
  ) async throws -> FinishedProcess {
    try await run(command, environment: environment, input: input) { child in
      let end = try await child.end(within: seconds)
      return FinishedProcess(end: end, output: try await child.output.whole(), errors: try await child.errors.whole())
    }
  }

  private init(_ command: [String], _ environment: [String: String], input: String, pause: String?) throws {
    let (outputEnd, outputWriteEnd) = try Self.pipe()
    let (errorsEnd, errorsWriteEnd) = try Self.pipe()
    defer {
      close(outputWriteEnd)
      close(errorsWriteEnd)
    }
    output = OutputLines(descriptor: outputEnd, pause: pause)
    errors = OutputLines(descriptor: errorsEnd, pause: nil)
    do {
      pid = try Self.spawn(command, environment, input: input, output: outputWriteEnd, errors: errorsWriteEnd)
    } catch {
      output.goOn()
      throw error
    }
    DispatchQueue(label: "waitid").async { [self] in reap() }
  }

  /// Nil while it runs.
  package var ended: ProcessEnd? { state.withLock { $0 } }

  /// Nothing when it has ended: its number may be another's by now.
  package func send(_ signal: Int32) {
    state.withLock { ended in
      if ended == nil { _ = Glibc.kill(pid, signal) }
    }
  }

  /// Waits for its end.
  package func end(within seconds: Double = ceiling) async throws -> ProcessEnd {
    try await waiting(for: "the end of the process", of: self, within: seconds) { ended }
  }

  private func kill() async throws {
    send(SIGKILL)
    output.goOn()
    _ = try await end()
  }

  /// Its number stays taken until the end is noted: waitid(2) with WNOWAIT only looks.
  private func reap() {
    var information = unsafe siginfo_t()
    while unsafe waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    state.withLock { ended in
      var status: Int32 = 0
      _ = unsafe waitpid(pid, &status, 0)
      let signal = status & 0x7f
      ended = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
    }
  }

  private static func pipe() throws -> (readEnd: Int32, writeEnd: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe Glibc.pipe(&ends) == 0 else { throw Errno("pipe") }
    // Not a child's: it would keep the pipe open for as long as it runs.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func spawn(
    _ command: [String], _ environment: [String: String], input: String, output: Int32, errors: Int32
  ) throws -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
    // Other tests have pipes and sockets open: their ends must not live on here.
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      if let descriptor = Int32(name), descriptor > 2 { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }
    }

    // Dispatch blocks signals on its threads, and the tests ignore SIGPIPE: a child would inherit both.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let arguments = unsafe command.map { unsafe strdup($0) } + [nil]
    let variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
    var pid = pid_t()
    let code = unsafe posix_spawn(&pid, command[0], &actions, &attributes, arguments, variables)
    guard code == 0 else { throw Errno("posix_spawn", code: code) }
    return pid
  }
}

/// A process that came to its end.
package struct FinishedProcess: Sendable {
  package let end: ProcessEnd
  package let output: String
  package let errors: String

  /// Lines of standard error, without their newlines.
  package var errorLines: [String] {
    errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }
}

/// Asks again and again until `condition` has a value.
///
/// - Parameters:
///   - seconds: after which it gives up.
///   - milliseconds: between two questions.
@discardableResult
package func waiting<Value>(
  for what: String, of child: ChildProcess? = nil, within seconds: Double = ChildProcess.ceiling,
  every milliseconds: Int = 2, _ condition: () async throws -> Value?
) async throws -> Value {
  let deadline = Clock.monotonic + Int64(seconds * 1e9)
  while true {
    if let value = try await condition() { return value }
    guard Clock.monotonic < deadline else {
      let said = child.map { "; it said:\n\($0.output.text.suffix(4000))\n\($0.errors.text.suffix(4000))" } ?? ""
      throw ProcessFailure(description: "waited in vain for \(what)\(said)")
    }
    try await Task.sleep(for: .milliseconds(milliseconds))
  }
}

/// What a process writes, read on a thread of its own.
package final class OutputLines: Sendable {
  private struct State {
    var bytes: [UInt8] = []
    var isAtEnd = false
    var isGivenUp = false
    var isTail = false
  }

  private static let tail = 64 << 10

  private let state = Mutex(State())
  private let pause: String?
  private let going = DispatchSemaphore(value: 0)

  /// - Parameter descriptor: closed at its end.
  fileprivate init(descriptor: Int32, pause: String?) {
    self.pause = pause
    DispatchQueue(label: "output").async { [self] in read(descriptor) }
  }

  package var bytes: [UInt8] { state.withLock { $0.bytes } }
  package var text: String { String(decoding: bytes, as: UTF8.self) }
  /// Whole lines, without their newlines.
  package var lines: [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  /// The first line that holds `part`; waits for it.
  package func line(_ part: String) async throws -> String {
    try await waiting(for: "a line with \(part)") {
      let isAtEnd = state.withLock { $0.isAtEnd }
      if let line = lines.first(where: { $0.contains(part) }) { return line }
      if isAtEnd { throw ProcessFailure(description: "no line with \(part) in:\n\(text.suffix(4000))") }
      return nil
    }
  }

  /// All that was written; waits until the other side has closed it.
  package func whole() async throws -> String {
    try await waiting(for: "the end of the output") { state.withLock { $0.isAtEnd } ? text : nil }
  }

  /// From now on only the last of it is kept: a service under load says more than anybody wants to hold.
  package func keepTail() { state.withLock { $0.isTail = true } }

  /// Ends the pause.
  package func goOn() { going.signal() }

  /// Ends the pause and closes the pipe: who writes gets EPIPE.
  package func giveUp() {
    state.withLock { $0.isGivenUp = true }
    going.signal()
  }

  private func read(_ descriptor: Int32) {
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    var mayPause = pause != nil
    while !state.withLock({ $0.isGivenUp }) {
      let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      state.withLock { state in
        state.bytes += chunk[..<count]
        if state.isTail, state.bytes.count > 2 * Self.tail { state.bytes.removeFirst(state.bytes.count - Self.tail) }
      }
      if mayPause, let pause, lines.contains(where: { $0.contains(pause) }) {
        mayPause = false
        going.wait()
      }
    }
    close(descriptor)
    state.withLock { $0.isAtEnd = true }
  }
}
