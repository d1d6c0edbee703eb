import Foundation

/// `swift run -c release benchmarks`: what Vitrine costs, beside nginx and a bare epoll loop in C. It prints and judges
/// by the aims it is given, and asserts nothing: a timing depends on the machine of the day.
@main
struct Benchmarks {
  static func main() {
    do {
      let options = try Options(Array(CommandLine.arguments.dropFirst()))
      try run(options)
    } catch {
      FileHandle.standardError.write(Data("benchmarks: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run(_ options: Options) throws {
    if options.help { return show(Options.usage) }
    var aims: [Aim] = []
    if options.parts.contains(.micro) { try Micro.run() }
    if !options.parts.allSatisfy({ $0 == .micro }) {
      try raiseDescriptorLimit()
      let bench = try Bench(options)
      if options.parts.contains(.wire) { aims += try Wire(bench).run() }
      if options.parts.contains(.tls) { aims += try Secure(bench).run() }
      if options.parts.contains(.gzip) { aims += try Coded(bench).run() }
      if options.parts.contains(.catalogue) { aims += try Catalogue(bench).run() }
      if options.parts.contains(.footprint) { aims += try Footprint(bench).run() }
    }
    if !aims.isEmpty { show(heading("Aims") + Aim.table(aims)) }
  }

  /// 10,000 connections are open at once on either side, and the servers inherit this limit.
  private static func raiseDescriptorLimit() throws {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { throw Failure("getrlimit") }
    limit.rlim_cur = limit.rlim_max
    guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { throw Failure("setrlimit") }
  }
}

/// What ends the run, in words for the one who started it.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
