internal import CLinux
internal import Dispatch
internal import Glibc

@main
struct Vitrine {
  /// Not async: what Swift does then, dispatchMain(), ends the main thread by unwinding its stack, for which it reads and
  /// sorts 700 KB of tables.
  static func main() {
    let invocation: Invocation
    do throws(UsageError) {
      invocation = try Invocation.parse(
        arguments: Array(CommandLine.arguments.dropFirst()), environment: environment)
    } catch {
      for mistake in error.mistakes { complain("vitrine: \(mistake)") }
      exit(Exit.usage.rawValue)
    }
    let work = work(of: invocation)
    Task(executorPreference: CommandQueue.shared) { exit(await work().rawValue) }
    DispatchSemaphore(value: 0).wait()
  }

  /// environ(7). Foundation has it too, for 6 MB of binary and 2 MB of memory.
  private static var environment: [String: String] {
    var variables: [String: String] = [:]
    var next = unsafe clinux_environment()
    while let place = unsafe next, let entry = unsafe place.pointee {
      let text = unsafe String(cString: entry)
      if let sign = text.firstIndex(of: "=") {
        variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
      }
      unsafe next = unsafe place + 1
    }
    return variables
  }

  private static func work(of invocation: Invocation) -> @Sendable () async -> Exit {
    switch invocation.command {
    case .help(let text):
      return {
        print(text)
        return .success
      }
    case .version:
      return {
        let build = BuildInformation.current
        print("vitrine \(build.version) (\(build.revision), \(build.revisionDate), Swift \(build.swiftVersion))")
        return .success
      }
    case .check(let request):
      return {
        let url = request.url ?? Check.ownURL(request.configuration)
        let check = Check(url: url, timeout: request.timeout, trust: request.trust)
        return check.run(report: complain) == 0 ? .success : .failure
      }
    case .hammer(let command):
      return { command.run() }
    case .certificate(let command):
      return { command.run() }
    case .products(let command):
      return { await command.run() }
    case .audit(let configuration):
      let hardening = Hardening(configuration)
      return {
        let loops = configuration.loops > 0 ? configuration.loops : Processors.usable
        let expectations = Audit.Expectations(configuration, hardening: hardening.completed(), loops: loops)
        let report = AuditReport(lines: Audit(.ownProcess, expectations).lines)
        print(report.text, terminator: "")
        return report.hasFailed ? .failure : .success
      }
    case .serve(let configuration, let checkOnly):
      Signals.block()
      // Landlock binds the thread that asks and those that it makes: this is the only one yet.
      let lifecycle = Lifecycle(configuration, hardening: Hardening(configuration))
      return { await lifecycle.run(warnings: invocation.warnings, checkOnly: checkOnly) }
    }
  }
}
