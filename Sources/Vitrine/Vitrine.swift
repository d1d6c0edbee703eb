internal import FoundationEssentials
internal import Glibc

@main
struct Vitrine {
  // On the main actor, and all that it calls: a job on the global queues may have libdispatch look into /proc, and end
  // the process where no descriptor is free.
  @MainActor static func main() async {
    exit(await run().rawValue)
  }

  private static func run() async -> Exit {
    let invocation: Invocation
    do throws(UsageError) {
      invocation = try Invocation.parse(
        arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
    } catch {
      for mistake in error.mistakes { complain("vitrine: \(mistake)") }
      return .usage
    }
    switch invocation.command {
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
      // Landlock binds the thread that asks and those that it makes: this is the only one yet.
      let hardening = Hardening(configuration)
      return await Lifecycle(configuration, hardening: hardening).run(
        warnings: invocation.warnings, checkOnly: checkOnly)
    }
  }
}
