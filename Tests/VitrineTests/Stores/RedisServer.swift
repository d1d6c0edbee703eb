#if Redis

import FoundationEssentials
import Glibc
import Networking
import TestSupport
import Testing

/// A Redis of one test, on a free port of 127.0.0.1, with a password and nothing on disk.
final class RedisServer: Sendable {
  static let needed: Comment = "skipped: no /usr/bin/redis-server, or no PostgreSQL"
  static let password = "battery staple"

  let port: UInt16
  private let folder: TemporaryFolder
  /// Its certificate is its own authority; nil: no TLS.
  let certificate: String?
  private let process: Guarded<ChildProcess?> = Guarded(nil)

  static var isInstalled: Bool { Faults.isInstalled("/usr/bin/redis-server") && PostgreSQLServer.isInstalled }

  /// - Parameter isSecure: with TLS.
  static func run<Result>(
    isSecure: Bool = false, _ body: (RedisServer) async throws -> Result
  ) async throws -> Result {
    let server = try await RedisServer(isSecure: isSecure)
    return try await server.running { try await body(server) }
  }

  private init(isSecure: Bool) async throws {
    folder = try TemporaryFolder()
    port = try PostgreSQLServer.freePort()
    certificate = isSecure ? "\(folder.path)/cert.pem" : nil
    guard let certificate else { return }
    let finished = try await ChildProcess.finished(
      [
        "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
        "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "\(folder.path)/key.pem",
        "-out", certificate,
      ], environment: Faults.environment)
    guard finished.end == .exited(0) else { throw ProcessFailure(description: finished.errors) }
  }

  func url(password: String = RedisServer.password) -> String {
    let scheme = certificate == nil ? "redis" : "rediss"
    let encoded = password.split(separator: " ").joined(separator: "%20")
    return "\(scheme)://:\(encoded)@\(certificate == nil ? "127.0.0.1" : "localhost"):\(port)/1"
  }

  /// Runs the server while `body` runs.
  func running<Result>(_ body: () async throws -> Result) async throws -> Result {
    let ports =
      certificate.map {
        [
          "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", $0, "--tls-key-file", "\(folder.path)/key.pem",
          "--tls-auth-clients", "no",
        ]
      } ?? ["--port", "\(port)"]
    let command =
      ["/usr/bin/redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.path]
      + ports + ["--requirepass", Self.password]
    return try await ChildProcess.run(command, environment: Faults.environment) { child in
      _ = try await child.output.line("Ready to accept connections")
      process.withLock { $0 = child }
      return try await body()
    }
  }

  func kill() async throws {
    process.withLock { $0 }?.send(SIGKILL)
    _ = try await process.withLock { $0 }?.end()
  }

  func send(_ signal: Int32) { process.withLock { $0 }?.send(signal) }

  private var client: [String] { ["/usr/bin/redis-cli", "-h", "127.0.0.1", "-p", "\(port)", "-n", "1"] }
  private var environment: [String: String] { Faults.environment.merging(["REDISCLI_AUTH": Self.password]) { $1 } }

  /// Prints every command that it gets, while `body` runs.
  func monitored<Result>(_ body: (ChildProcess) async throws -> Result) async throws -> Result {
    try await ChildProcess.run(client + ["MONITOR"], environment: environment) { monitor in
      _ = try await monitor.output.line("OK")
      return try await body(monitor)
    }
  }

  /// What redis-cli(1) prints of a command.
  func ask(_ words: String...) async throws -> String {
    let finished = try await ChildProcess.finished(client + words, environment: environment)
    guard finished.end == .exited(0) else { throw ProcessFailure(description: finished.errors) }
    return finished.output.split(separator: "\n").joined(separator: "\n")
  }
}

#endif
