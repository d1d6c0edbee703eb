import TestSupport
import Testing

/// A service with a token, and who has it.
struct Writers: Sendable {
  static let token = "test-token-0123456789"
  static let authorization = "Authorization: Bearer \(token)"

  /// A product's JSON without its id.
  static func product(_ name: String = "Lamp", price: Int = 4900) -> String {
    #"{"name":"\#(name)","description":"","price":\#(price),"currency":"EUR","tags":["light"],"stock":1}"#
  }

  /// Starts the service with a file of tokens in `folder`; other options follow.
  static func run<Result>(
    in folder: TemporaryFolder, _ options: [String] = [], environment: [String: String] = [:],
    _ body: (ServiceProcess) async throws -> Result
  ) async throws -> Result {
    let tokens = try folder.write("\(token)\n", to: "secret/token")
    return try await ServiceProcess.run(["--write-token-file", tokens] + options, environment: environment, body)
  }
}

extension ServiceProcess {
  /// One request with a body and the token, on a connection of its own.
  func send(
    _ method: String, _ target: String, _ body: String = "", _ fields: [String] = [],
    authorization: String? = Writers.authorization, contentType: String? = "application/json",
    management: Bool = false
  ) async throws -> RawResponse {
    let all =
      [authorization, contentType.map { "Content-Type: \($0)" }].compactMap(\.self) + fields
      + ["Content-Length: \(body.utf8.count)", "Connection: close"]
    return try await client(management: management) {
      try $0.exchange(Self.request(target, method: method, all) + body)
    }
  }
}
