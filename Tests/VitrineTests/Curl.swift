import FoundationEssentials
import Networking
import TestSupport
import Testing

/// The real curl, as people ask the service with it.
enum Curl {
  static let path = "/usr/bin/curl"
  static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }
  static let isMissing: Comment = "skipped: no /usr/bin/curl"

  /// Asks for `target`; the arguments precede the URL. `-I` asks for the head alone.
  static func answer(_ target: String, _ arguments: [String] = [], from address: SocketAddress) async throws
    -> RawResponse
  {
    let output = try await output(["--include"] + arguments, target, from: address)
    return try response(output, toHEAD: arguments.contains("-I"))
  }

  /// The body, asked for in gzip and decoded.
  static func decoded(_ target: String, _ arguments: [String] = [], from address: SocketAddress) async throws -> [UInt8]
  {
    try await output(["--compressed", "-H", "Accept-Encoding: gzip"] + arguments, target, from: address)
  }

  private static func output(_ arguments: [String], _ target: String, from address: SocketAddress) async throws
    -> [UInt8]
  {
    let common = [path, "-q", "--silent", "--show-error", "--noproxy", "*", "--max-time", "60"]
    return try await ChildProcess.run(
      common + arguments + ["http://\(address)\(target)"], environment: ProcessInfo.processInfo.environment
    ) { curl in
      let end = try await curl.end()
      _ = try await curl.output.whole()
      guard end == .exited(0) else { throw ProcessFailure(description: "\(end): \(try await curl.errors.whole())") }
      return curl.output.bytes
    }
  }

  /// What `--include` prints: the head as it came, and the body.
  private static func response(_ bytes: [UInt8], toHEAD: Bool) throws -> RawResponse {
    let empty = Array("\r\n\r\n".utf8)
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: empty) })
    let head = try ResponseHead(bytes[..<(start + empty.count)], toHEAD: toHEAD)
    let body = Array(bytes[(start + empty.count)...])
    #expect(body.count == head.bodyLength)
    return head.response(body: body)
  }
}
