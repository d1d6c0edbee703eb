internal import Dispatch
internal import FoundationEssentials
internal import Glibc

@main
struct Vitrine {
  /// Not async: what Swift does then, dispatchMain(), ends the main thread by unwinding its stack, for which it reads and
  /// sorts 700 KB of tables.
  static func main() {
    let invocation: Invocation
    do throws(UsageError) {
      invocation = try Invocation.parse(
        arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
    } catch {
      for mistake in error.mistakes { complain("vitrine: \(mistake)") }
      exit(Exit.usage.rawValue)
    }
    let command = invocation.command
    // Landlock binds the thread that asks and those that it makes: this is the only one yet.
    let hardening: Hardening? = if case .serve(let configuration, _) = command { Hardening(configuration) } else { nil }
    Task(executorPreference: CommandQueue.shared) {
      exit(await run(command, hardening, warnings: invocation.warnings).rawValue)
    }
    DispatchSemaphore(value: 0).wait()
  }

  private static func run(_ command: Command, _ hardening: Hardening?, warnings: [String]) async -> Exit {
    switch command {
    case .help(let text):
      print(text)
      return .success
    case .version:
      let build = BuildInformation.current
      print("vitrine \(build.version) (\(build.revision), \(build.revisionDate), Swift \(build.swiftVersion))")
      return .success
    case .check(let request):
      let own = request.configuration
      let url =
        request.url
        ?? Check.ownURL(
          host: own.host, httpPort: own.port, managementHost: own.managementHost, managementPort: own.managementPort)
      return Check(url: url, timeout: request.timeout).run(report: complain) == 0 ? .success : .failure
    case .products(let command):
      return await command.run()
    case .serve(let configuration, let checkOnly):
      guard let hardening else { preconditionFailure("to be hardened before there is a second thread") }
      return await Lifecycle(configuration, hardening: hardening).run(warnings: warnings, checkOnly: checkOnly)
    }
  }
}

/// Where a command runs. Not on the global queues: a job there may have libdispatch look into /proc, and end the process
/// where no descriptor is free.
final class CommandQueue: TaskExecutor {
  static let shared = CommandQueue()

  private let queue = DispatchQueue(label: "command")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
