import FoundationEssentials
import Glibc
import Networking
import TestSupport
import Testing

/// The real executable, serving on a port of 127.0.0.1 that the kernel chose.
struct ServiceProcess: Sendable {
  let process: ChildProcess
  /// Where it serves; `tlsAddress` with `--no-http`.
  let address: SocketAddress
  /// Where it speaks TLS; nil when that is not asked for.
  let tlsAddress: SocketAddress?
  /// Where management listens; `address` when that is not asked for.
  let managementAddress: SocketAddress

  /// Starts the service, hands it to `body`, and ends it.
  ///
  /// - Parameters:
  ///   - options: `--port 0` and, unless a host is given, `--host 127.0.0.1` precede them.
  ///   - environment: variables besides those of the tests, of which none begins with VITRINE_.
  ///   - isRead: false: nobody reads its standard output once it serves.
  ///   - signal: the one that may kill it.
  ///   - wrapper: a command that ends in running another one in its place.
  static func run<Result>(
    _ options: [String] = [], environment: [String: String] = [:], isRead: Bool = true,
    under wrapper: [String] = [], dyingOf signal: Int32 = SIGKILL, _ body: (ServiceProcess) async throws -> Result
  ) async throws -> Result {
    let host = options.contains("--host") ? [] : ["--host", "127.0.0.1"]
    let port = options.contains("--port") || environment["VITRINE_HTTP_PORT"] != nil ? [] : ["--port", "0"]
    return try await ChildProcess.run(
      wrapper + [executable()] + host + port + options, environment: variables(environment),
      pausingAt: isRead ? nil : readyMark
    ) { process in
      let service: ServiceProcess
      do {
        service = try await ServiceProcess(process)
      } catch {
        throw ProcessFailure(description: "\(error)\nstandard error:\n\(process.errors.text)")
      }
      let result = try await body(service)
      service.expectNoCrash(but: signal)
      return result
    }
  }

  /// Runs any command of the executable to its end.
  static func finished(_ arguments: [String], environment: [String: String] = [:]) async throws -> FinishedProcess {
    try await ChildProcess.finished([executable()] + arguments, environment: variables(environment))
  }

  private static let readyMark = "\"message\":\"ready\""

  private init(_ process: ChildProcess) async throws {
    _ = try await process.output.line(Self.readyMark)
    func listening(_ listener: String) throws -> SocketAddress? {
      let part = "\"message\":\"listening\",\"listener\":\"\(listener)\""
      guard let line = process.output.lines.first(where: { $0.contains(part) }) else { return nil }
      let text = try #require(try JSONValue(line)["address"]?.string)
      let colon = try #require(text.lastIndex(of: ":"))
      let host = try #require(IPAddress(text[..<colon].trimmingCharacters(in: ["[", "]"])))
      let isAny = host == .anyV6 || host == .anyV4
      let port = try #require(UInt16(text[colon...].dropFirst()))
      return SocketAddress(isAny ? IPAddress(v4: 0x7f00_0001) : host, port: port)
    }
    self.process = process
    tlsAddress = try listening("https")
    address = try #require(try listening("http") ?? tlsAddress)
    managementAddress = try listening("management") ?? address
  }

  /// What a sanitizer or the runtime had to say.
  private func expectNoCrash(but expected: Int32) {
    let said = process.errors.text
    #expect(!said.contains("Sanitizer") && !said.contains("Fatal error"), "\(said)")
    // A test may kill it on purpose, and nothing else does.
    if case .killed(let signal) = process.ended, signal != expected {
      Issue.record("killed by signal \(signal): \(said)")
    }
  }
}

// MARK: Asking it

extension ServiceProcess {
  var url: String { "http://\(address)" }

  /// A request's bytes: `Host` is there, the rest as given.
  static func request(_ target: String, method: String = "GET", _ fields: [String] = []) -> String {
    ["\(method) \(target) HTTP/1.1", "Host: vitrine.test"].appending(fields).joined(separator: "\r\n") + "\r\n\r\n"
  }

  /// One answer on a connection of its own.
  func get(
    _ target: String, _ fields: [String] = [], method: String = "GET", management: Bool = false
  ) async throws -> RawResponse {
    try await client(management: management) {
      try $0.exchange(Self.request(target, method: method, fields + ["Connection: close"]), toHEAD: method == "HEAD")
    }
  }

  /// A connection of its own on a thread of its own.
  func client<Value: Sendable>(
    management: Bool = false, _ body: @escaping @Sendable (RawClient) throws -> Value
  ) async throws -> Value {
    let address = management ? managementAddress : address
    return try await onThread { try body(try RawClient(address, timeout: ChildProcess.ceiling)) }
  }

  /// A connection that stays open while the test goes on; use it `onThread`.
  func connect(management: Bool = false) async throws -> RawClient {
    try await client(management: management) { $0 }
  }

  /// A series of /metrics: `vitrine_ready`, `http_limit_hits_total{limit="idle-timeout"}`; nil when it does not show.
  func metric(_ series: String) async throws -> Double? {
    let scrape = try await get("/metrics", management: true)
    let line = scrape.text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
    return line.flatMap { Double($0.dropFirst(series.count + 1)) }
  }

  /// The log's line with this message, read as JSON; waits for it.
  func logged(_ message: String) async throws -> JSONValue {
    try JSONValue(try await process.output.line("\"message\":\"\(message)\""))
  }

  /// The end of the process, and the last line of its log as JSON.
  func stopped() async throws -> (end: ProcessEnd, last: JSONValue) {
    let end = try await process.end()
    _ = try await process.output.whole()
    return (end, try JSONValue(process.output.lines.last ?? ""))
  }
}

// MARK: Finding it

extension ServiceProcess {
  /// `vitrine`, built into the folder of the tests' own executable or one above.
  static func executable() throws -> String {
    guard let path = found else {
      throw ProcessFailure(description: "no executable vitrine beside the tests: swift build --product vitrine")
    }
    return path
  }

  private static let found: String? = {
    guard var folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")[...] else {
      return nil
    }
    while let slash = folder.lastIndex(of: "/") {
      folder = folder[..<slash]
      let candidate = "\(folder)/vitrine"
      var isFolder = false
      if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder,
        FileManager.default.isExecutableFile(atPath: candidate)
      {
        return candidate
      }
    }
    return nil
  }()

  /// The tests' environment without the variables of the service, and `more`.
  static func variables(_ more: [String: String] = [:]) -> [String: String] {
    ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("VITRINE_") }.merging(more) { $1 }
  }
}

extension String.SubSequence {
  fileprivate func trimmingCharacters(in characters: Set<Character>) -> String {
    String(drop { characters.contains($0) }.reversed().drop { characters.contains($0) }.reversed())
  }
}

extension [String] {
  fileprivate func appending(_ more: [String]) -> [String] { self + more }
}
