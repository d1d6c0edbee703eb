#if PostgreSQL

import FoundationEssentials
import Glibc
import Networking
import TestSupport
import Testing

/// A PostgreSQL of one test: a cluster of its own in a temporary folder, on a free port of 127.0.0.1.
final class PostgreSQLServer: Sendable {
  static let needed: Comment = "skipped: no PostgreSQL in /usr/lib/postgresql, or no /usr/bin/setpriv to run it"
  static let password = "correct horse"

  let port: UInt16
  private let folder: TemporaryFolder
  private let process: Guarded<ChildProcess?>

  /// The newest that Debian has.
  private static let programs: String? = {
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
    return versions.compactMap { Int($0) }.max().map { "/usr/lib/postgresql/\($0)/bin" }
  }()

  /// It refuses to run as root.
  private static let user: [String] =
    geteuid() == 0
    ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--inh-caps=-all"] : []

  static var isInstalled: Bool {
    guard let programs else { return false }
    return Faults.isInstalled("\(programs)/postgres") && user.first.map(Faults.isInstalled) ?? true
  }

  /// Makes a cluster, starts it, hands it to `body`, and ends it.
  static func run<Result>(_ body: (PostgreSQLServer) async throws -> Result) async throws -> Result {
    let server = try await PostgreSQLServer()
    return try await server.running { try await body(server) }
  }

  private init() async throws {
    folder = try TemporaryFolder()
    port = try Self.freePort()
    process = Guarded(nil)
    let file = try folder.write(Self.password, to: "password")
    if !Self.user.isEmpty {
      guard let owner = unsafe getpwnam("postgres") else { throw Errno("getpwnam") }
      for path in [folder.path, file] {
        guard unsafe chown(path, owner.pointee.pw_uid, owner.pointee.pw_gid) == 0 else { throw Errno("chown") }
      }
    }
    let finished = try await ChildProcess.finished(
      Self.user + [
        "\(try #require(Self.programs))/initdb", "--pgdata", data, "--username", "vitrine", "--pwfile", file,
        "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions",
      ], environment: Faults.environment)
    guard finished.end == .exited(0) else { throw ProcessFailure(description: finished.errors) }
  }

  private var data: String { "\(folder.path)/data" }

  /// libpq's connection string.
  func url(password: String = PostgreSQLServer.password) -> String {
    "postgresql://vitrine:\(password.split(separator: " ").joined(separator: "%20"))@127.0.0.1:\(port)/postgres"
  }

  /// Runs the server, that has been made or has ended before, while `body` runs. What is left of it then is killed.
  func running<Result>(_ body: () async throws -> Result) async throws -> Result {
    let command = [
      "\(try #require(Self.programs))/postgres", "-D", data, "-p", "\(port)", "-c", "listen_addresses=127.0.0.1", "-c",
      "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=60",
    ]
    return try await ChildProcess.run(Self.user + command, environment: Faults.environment) { child in
      _ = try await child.errors.line("database system is ready to accept connections")
      process.withLock { $0 = child }
      do {
        let result = try await body()
        try await stop()
        return result
      } catch {
        try await stop()
        throw error
      }
    }
  }

  private func stop() async throws {
    guard let child = process.withLock({ $0 }), child.ended == nil else { return }
    resume()
    child.send(SIGQUIT)
    _ = try await child.end()
  }

  /// As a power cut of its machine: no client is told.
  func kill() async throws {
    let all = pids
    for pid in all { _ = Glibc.kill(pid, SIGKILL) }
    _ = try await process.withLock({ $0 })?.end()
    try await waiting(for: "the end of all backends") { all.allSatisfy { Glibc.kill($0, 0) != 0 } ? true : nil }
  }

  /// Stops it and all that serve a connection, as if the network were gone: SIGSTOP.
  func pause() {
    for pid in pids { _ = Glibc.kill(pid, SIGSTOP) }
  }

  func resume() {
    for pid in pids { _ = Glibc.kill(pid, SIGCONT) }
  }

  /// The first process, and those that it has made.
  private var pids: [pid_t] {
    guard let child = process.withLock({ $0 }), child.ended == nil else { return [] }
    let children = try? String(contentsOfFile: "/proc/\(child.pid)/task/\(child.pid)/children", encoding: .utf8)
    return [child.pid] + (children ?? "").split(separator: " ").compactMap { pid_t($0) }
  }

  /// What psql(1) prints of a statement: bare values, a row a line.
  @discardableResult
  func query(_ sql: String) async throws -> String {
    let psql = "\(try #require(Self.programs))/psql"
    let finished = try await ChildProcess.finished(
      [psql, "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", url(), "--command", sql],
      environment: Faults.environment)
    guard finished.end == .exited(0) else { throw ProcessFailure(description: finished.errors) }
    return finished.output.split(separator: "\n").joined(separator: "\n")
  }

  /// A service with a token and this database, connected.
  func serve<Result>(
    _ options: [String] = [], url: String? = nil, environment: [String: String] = [:],
    _ body: (ServiceProcess) async throws -> Result
  ) async throws -> Result {
    let folder = try TemporaryFolder()
    let all = ["--database-url", url ?? self.url()] + options
    return try await Writers.run(in: folder, all, environment: environment) { service in
      _ = try await service.logged("database is reachable")
      return try await body(service)
    }
  }

  /// Asks until the answer comes from a cache: on a machine that is busy, the last revision may be unknown for a moment.
  static func hit(_ target: String, of service: ServiceProcess) async throws -> RawResponse {
    try await waiting(for: "a hit", of: service.process) {
      let answer = try await service.get(target)
      return answer["X-Cache"] == "HIT" ? answer : nil
    }
  }

  /// A port that nobody has at this moment.
  static func freePort() throws -> UInt16 {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(socket, $0, length) == 0 ? getsockname(socket, $0, &length) : -1
      }
    }
    guard status == 0 else { throw Errno("bind") }
    return UInt16(bigEndian: address.sin_port)
  }
}

#endif
