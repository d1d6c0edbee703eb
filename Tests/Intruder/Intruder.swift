import Dispatch
import Glibc
import Sandbox

/// Gives up what the service gives up, and then tries it: what fails here fails for whoever breaks in there.
///
/// `Intruder ALLOWED WRITABLE FOREIGN` writes a line `attempt=errno` for each attempt, 0 where it succeeded. ALLOWED is
/// a folder to be read, WRITABLE a file to be written, FOREIGN a file besides.
@main
struct Intruder {
  static func main() {
    let (allowed, writable, foreign) = (
      CommandLine.arguments[1], CommandLine.arguments[2], CommandLine.arguments[3]
    )
    say("landlock", "\(Landlock.restrict(to: AllowedPaths(readable: [allowed, "/proc", "/"], writable: [writable])))")
    // A thread that seccomp(2) finds there already.
    let thread = DispatchQueue(label: "intruder")
    let begun = DispatchSemaphore(value: 0)
    let filtered = DispatchSemaphore(value: 0)
    let done = DispatchSemaphore(value: 0)
    thread.async {
      begun.signal()
      filtered.wait()
      tryFiles(allowed: allowed, writable: writable, foreign: foreign)
      tryPrograms()
      tryCalls()
      done.signal()
    }
    begun.wait()
    let filter = SystemCallFilter.install()
    say("seccomp", "\(filter)")
    // The attempts are real: without the filter they would reach the machine.
    guard case .on = filter else { exit(1) }
    filtered.signal()
    done.wait()
  }

  private static func tryFiles(allowed: String, writable: String, foreign: String) {
    say("read allowed", opening("\(allowed)/file", O_RDONLY))
    say("list allowed", opening(allowed, O_RDONLY | O_DIRECTORY))
    say("write allowed", opening("\(allowed)/file", O_WRONLY))
    say("make in allowed", opening("\(allowed)/new", O_WRONLY | O_CREAT))
    say("truncate writable", opening(writable, O_WRONLY | O_TRUNC))
    say("read writable", opening(writable, O_RDONLY))
    say("read foreign", opening(foreign, O_RDONLY))
    say("truncate foreign", unsafe truncate(foreign, 0) == 0 ? 0 : errno)
    say("remove foreign", unsafe unlink(foreign) == 0 ? 0 : errno)
    say("read own status", opening("/proc/self/status", O_RDONLY))
    say("read parent's status", opening("/proc/\(getppid())/status", O_RDONLY))
    say("read parent's memory", opening("/proc/\(getppid())/mem", O_RDONLY))
    say("enter parent's folder", opening("/proc/\(getppid())/cwd", O_RDONLY | O_DIRECTORY))
    say("signal parent", kill(getppid(), 0) == 0 ? 0 : errno)
  }

  private static func tryPrograms() {
    var pid = pid_t()
    var arguments = unsafe [strdup("true"), nil]
    say("run a program", unsafe posix_spawn(&pid, "/bin/true", nil, nil, &arguments, nil))
    say("run itself", unsafe posix_spawn(&pid, "/proc/self/exe", nil, nil, &arguments, nil))
  }

  /// Each with arguments that do no harm where they got through.
  private static func tryCalls() {
    typealias Call = @convention(c) (Int, Int, Int, Int, Int, Int, Int) -> Int
    guard let architecture = Architecture.current, let symbol = unsafe dlsym(nil, "syscall") else { return }
    let call = unsafe unsafeBitCast(symbol, to: Call.self)
    for denied in DeniedCall.table {
      guard let number = denied.number(on: architecture) else { continue }
      say("call \(denied.name)", call(Int(number), -1, -1, -1, -1, -1, -1) == -1 ? errno : 0)
    }
  }

  private static func opening(_ path: String, _ flags: Int32) -> Int32 {
    let descriptor = unsafe open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return errno }
    close(descriptor)
    return 0
  }

  private static func say(_ attempt: String, _ result: some CustomStringConvertible) {
    print("\(attempt)=\(result)")
  }
}
