import FoundationEssentials
import Networking
import TLS
import TestSupport
import Testing

/// A namespace of one test's own, which Pod Security holds to "restricted"; it goes with the test. Tests state what
/// must be by `#require`, so that what fails is thrown and events and logs are told.
struct Namespace: Sendable {
  let name: String

  /// The label by which chart and manifests find the pods of the release `vitrine`.
  static let selector = "app.kubernetes.io/instance=vitrine,app.kubernetes.io/name=vitrine"

  /// Makes `name`, hands it to `body`, and takes it away.
  static func run(_ name: String, _ body: (Namespace) async throws -> Void) async throws {
    let namespace = Namespace(name: name)
    try await namespace.isGone()
    try await Cluster.kubectl("create", "namespace", name)
    try await Cluster.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    try await namespace.telling { try await body(namespace) }
    try await Cluster.kubectl("delete", "namespace", name, "--wait=false")
  }

  /// Takes away what a test before this one has left, or a run that was killed.
  func isGone() async throws {
    try await Cluster.kubectl("delete", "namespace", name, "--ignore-not-found", "--timeout", "2m")
  }

  /// Runs `body`; when it fails, tells what happened in the namespace, and takes it away all the same.
  func telling(_ body: () async throws -> Void) async throws {
    do { try await body() } catch {
      await tell()
      _ = try? await Cluster.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")
      throw error
    }
  }

  private func tell() async {
    print("== what \(name) was like")
    let questions = [
      ["get", "all,endpointslices,hpa,pdb,ingress", "--output", "wide"],
      ["get", "events", "--sort-by", ".lastTimestamp"],
    ]
    for question in questions {
      print((try? await kubectl(question)) ?? "no answer to \(question)")
    }
    let pods = (try? await kubectl(["get", "pods", "--output", "name"])) ?? ""
    for pod in pods.split(separator: "\n") {
      for previous in ["false", "true"] {
        let log = try? await kubectl([
          "logs", String(pod), "--all-containers", "--prefix", "--tail", "3000", "--previous=\(previous)",
        ])
        let lines = (log ?? "").split(separator: "\n").filter { !$0.contains(#""message":"request""#) }.suffix(30)
        if !lines.isEmpty { print("== \(pod), previous: \(previous)\n\(lines.joined(separator: "\n"))") }
      }
    }
  }

  // MARK: What is in it

  @discardableResult
  func kubectl(_ arguments: [String]) async throws -> String {
    try await Cluster.run(["kubectl", "--namespace", name] + arguments)
  }

  @discardableResult
  func kubectl(_ arguments: String...) async throws -> String { try await kubectl(arguments) }

  func json(_ arguments: String...) async throws -> JSONValue {
    try JSONValue(try await kubectl(arguments + ["--output", "json"]))
  }

  /// Makes, or brings up to date, what the YAML says.
  func apply(_ yaml: String) async throws {
    let folder = try TemporaryFolder()
    try await kubectl("apply", "--filename", try folder.write(yaml, to: "objects.yaml"))
  }

  /// The release `vitrine` with the image under test; waits until it is ready.
  ///
  /// - Parameters:
  ///   - arguments: of Helm, such as `--set`.
  ///   - isHurried: there is less time between two pods than by default, which makes a rollout harder, and shorter.
  func install(
    _ arguments: [String] = [], chart: String = "\(Cluster.root)/chart", isHurried: Bool = true
  ) async throws {
    try await Cluster.run(
      ["helm", "upgrade", "--install", "vitrine", chart, "--namespace", name, "--wait", "--timeout", "3m"]
        + (arguments.contains("--reuse-values") ? [] : Self.image)
        + (isHurried ? ["--set", "minReadySeconds=1"] : []) + arguments)
  }

  /// Values of the chart that name the image under test.
  static let image = [
    "--set", "image.repository=\(Cluster.repository)", "--set-string", "image.tag=\(Cluster.tag),image.digest=",
  ]

  func rolledOut() async throws {
    try await kubectl("rollout", "status", "deployment/vitrine", "--timeout", "3m")
  }

  /// The service's pods, those on their way out as well.
  func pods() async throws -> [JSONValue] {
    try await json("get", "pods", "--selector", Self.selector)["items"]?.array ?? []
  }

  func podNames() async throws -> [String] { try await pods().compactMap { $0["metadata"]?["name"]?.string }.sorted() }

  /// Waits until there are so many pods, or as many as there are to be, and none that goes or comes.
  func settled(at count: Int? = nil) async throws {
    try await rolledOut()
    try await until("\(count.map(String.init) ?? "all") pods in \(name)") {
      let wanted = try await json("get", "deployment", "vitrine")["spec"]?["replicas"]?.number ?? 1
      return try await pods().count == count ?? Int(wanted)
    }
  }

  /// How often containers were started again, of all pods.
  func restarts() async throws -> Int {
    try await pods().flatMap { $0["status"]?["containerStatuses"]?.array ?? [] }
      .reduce(0) { $0 + Int($1["restartCount"]?.number ?? 0) }
  }

  /// Whether the Service sends requests to a pod; nil when no EndpointSlice tells of it.
  func isEndpoint(_ pod: String) async throws -> Bool? {
    let slices = try await json("get", "endpointslices", "--selector", "kubernetes.io/service-name=vitrine")
    let endpoints = (slices["items"]?.array ?? []).flatMap { $0["endpoints"]?.array ?? [] }
    let endpoint = endpoints.first { $0["targetRef"]?["name"]?.string == pod }
    return endpoint.map { $0["conditions"]?["ready"] == .bool(true) }
  }

  // MARK: Asking it

  /// What a pod answers to GET, by way of the API server.
  func get(_ target: String, of pod: String, port: Int = 9090) async throws -> String {
    try await Cluster.kubectl("get", "--raw", "/api/v1/namespaces/\(name)/pods/\(pod):\(port)/proxy\(target)")
  }

  /// A series of a pod's /metrics; nil when it does not show.
  func metric(_ series: String, of pod: String) async throws -> Double? {
    let line = try await get("/metrics", of: pod).split(separator: "\n").first { $0.hasPrefix(series + " ") }
    return line.flatMap { Double($0.dropFirst(series.count + 1)) }
  }

  /// Forwards a port of this machine to one of `target`, `pod/NAME` say, while `body` runs.
  func forwarding<Result>(
    _ target: String, _ port: String, _ body: (SocketAddress) async throws -> Result
  ) async throws -> Result {
    let command = ["/usr/bin/env", "kubectl", "--namespace", name, "port-forward", target, ":\(port)"]
    return try await ChildProcess.run(command, environment: Cluster.environment) { child in
      let line = try await child.output.line("Forwarding from 127.0.0.1:")
      let digits = line.split(separator: "127.0.0.1:").last?.prefix { $0.isNumber } ?? ""
      return try await body(SocketAddress(IPAddress(v4: 0x7f00_0001), port: try #require(UInt16(digits))))
    }
  }
}

/// One answer of the service at `address`, on a connection of its own.
func ask(
  _ address: SocketAddress, _ target: String, method: String = "GET", _ fields: [String] = [], body: String = "",
  host: String = "localhost", tls: TLSContext? = nil
) async throws -> RawResponse {
  let head = ["\(method) \(target) HTTP/1.1", "Host: \(host)", "Connection: close"] + fields
  let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
  let request = (head + length).joined(separator: "\r\n") + "\r\n\r\n" + body
  return try await onThread { try RawClient(address, tls: tls).exchange(request) }
}
