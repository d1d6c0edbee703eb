import FoundationEssentials
import Glibc
import Networking
import TestSupport

/// The binary as it ships, on a port of 127.0.0.1 that the kernel chose.
struct Service {
  let process: ChildProcess
  let address: SocketAddress

  /// A line of its log, as far as it matters here.
  struct Line: Decodable {
    var message: String
    var listener: String?
    var address: String?
    var served: Int?
    var servedWhileDraining: Int?
    var cut: Int?
  }

  /// Starts the service, hands it to `body`, and kills it when `body` has left it running.
  ///
  /// - Parameter settings: what it is to be told unless the command line tells it otherwise: a flag wins.
  static func run<Result>(
    _ options: Options, _ settings: [String: String] = [:], _ body: (Service) async throws -> Result
  ) async throws -> Result {
    let command = [options.binary, "serve", "--host", "127.0.0.1", "--port", "0", "--log-format", "json"]
    let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("VITRINE_") }
      .merging(settings) { $1 }
    return try await ChildProcess.run(command + options.service, environment: environment) { process in
      do {
        _ = try await process.output.line("\"message\":\"ready\"")
        let line = try Line(await process.output.line("\"message\":\"listening\",\"listener\":\"http\""))
        guard let port = line.address?.split(separator: ":").last.flatMap({ UInt16($0) }) else {
          throw Failure("no port in \(line)")
        }
        process.output.keepTail()
        return try await body(Service(process: process, address: SocketAddress(IPAddress(v4: 0x7f00_0001), port: port)))
      } catch {
        throw Failure("\(error)\n\(process.errors.text)")
      }
    }
  }

  /// One answer on a connection of its own.
  func get(_ target: String) async throws -> RawResponse {
    try await onThread { [address] in
      try RawClient(address).exchange("GET \(target) HTTP/1.1\r\nHost: vitrine\r\nConnection: close\r\n\r\n")
    }
  }

  /// The end of the process and the last line of its log; nil where that does not tell of a stop.
  func ended() async throws -> (end: ProcessEnd, last: Line?) {
    let end = try await process.end()
    let last = try await process.output.whole().split(separator: "\n").last.flatMap { try? Line(String($0)) }
    return (end, last?.message == "stopped" ? last : nil)
  }

  // MARK: What the kernel says of it, proc(5)

  /// VmRSS, bytes.
  func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    guard let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
      throw Failure("no VmRSS of process \(process.pid)")
    }
    return kibibytes << 10
  }

  /// Open descriptors.
  func descriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.pid)/fd").count
  }
}

extension Service.Line {
  init(_ text: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
  }
}

extension ProcessEnd {
  var text: String {
    switch self {
    case .exited(let code): "exit \(code)"
    case .killed(let signal): "signal \(signal)"
    }
  }
}
