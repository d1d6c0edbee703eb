import FoundationEssentials
import Networking
import TestSupport
import Testing

/// A Prometheus on this machine, by the shipped configuration, that finds pods by the API of the cluster.
struct Prometheus: Sendable {
  /// Where its API and page are.
  let address: SocketAddress

  /// Debian's, and any other that the environment names.
  static let binaries =
    (Cluster.has("prometheus") ? ["prometheus"] : [])
    + [Cluster.environment["VITRINE_PROMETHEUS3"]].compactMap(\.self)
  static let isMissing: Comment = "skipped: no prometheus or no curl on PATH, or no KUBECONFIG for it"

  static var isThere: Bool { !binaries.isEmpty && Cluster.has("curl") && kubeconfig != nil }
  private static let kubeconfig = Cluster.environment["KUBECONFIG"]

  /// A file of manifests/monitoring.
  static func shipped(_ file: String) throws -> String {
    try String(contentsOf: URL(filePath: "\(Cluster.root)/manifests/monitoring/\(file)"), encoding: .utf8)
  }

  /// The shipped configuration, told where the cluster is.
  static func configuration() throws -> String {
    try shipped("prometheus.yaml").replacing(
      "      - role: pod\n        selectors:",
      with: "      - role: pod\n        kubeconfig_file: \(try #require(kubeconfig))\n        selectors:")
  }

  /// Starts it with these files, hands it to `body` when it answers, and ends it.
  static func run(
    _ binary: String, configuration: String, rules: String, _ body: (Prometheus) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    try folder.write(rules, to: "rules.yaml")
    let file = try folder.write(configuration, to: "prometheus.yaml")
    let address = SocketAddress(IPAddress(v4: 0x7f00_0001), port: try freePort())
    let command = [
      "/usr/bin/env", binary, "--config.file=\(file)", "--storage.tsdb.path=\(folder.path)/data",
      "--web.listen-address=\(address)", "--log.level=warn",
    ]
    try await ChildProcess.run(command, environment: Cluster.environment) { process in
      try await until("Prometheus") {
        if process.ended != nil { throw ProcessFailure(description: process.errors.text) }
        return (try? await ask(address, "/-/ready"))?.status == 200
      }
      try await body(Prometheus(address: address))
    }
  }

  /// What its API answers: the field `data`.
  func api(_ target: String, _ parameters: [String] = []) async throws -> JSONValue {
    let command = ["curl", "-q", "--fail", "--silent", "--show-error", "--noproxy", "*", "--max-time", "10", "--get"]
    let encoded = parameters.flatMap { ["--data-urlencode", $0] }
    let answer = try await Cluster.run(command + encoded + ["http://\(address)/api/v1/\(target)"])
    return try #require(try JSONValue(answer)["data"], "\(answer)")
  }

  /// The value of a query that has one; nil when nothing is found.
  func value(_ query: String) async throws -> Double? {
    let result = try await api("query", ["query=\(query)"])["result"]?.array
    return result?.first?["value"]?.array?.last?.string.flatMap(Double.init)
  }
}
