import FoundationEssentials
import TestSupport
import Testing

/// `vitrine hammer` as a Job beside what it measures: 60 connections that are kept and 20 of which each has one request.
enum HammerJob {
  /// Puts the load on `url` while `body` runs, and states that no request was lost and each answer was 200.
  ///
  /// - Parameters:
  ///   - what: happens meanwhile; for the line that is printed.
  ///   - node: where the load comes from: one that stays.
  ///   - rate: requests a second of both kinds of clients together; 0: as fast as answers come.
  ///   - options: further ones of `vitrine hammer`.
  @discardableResult
  static func run(
    in namespace: Namespace, _ what: String, on node: String, against url: String = "http://vitrine",
    rate: Int = 1000, options: [String] = [], _ body: () async throws -> Void
  ) async throws -> HammerReport {
    let report = try await measuring(in: namespace, on: node, against: url, rate: rate, options: options, body)
    print("\(what): \(report)")
    try #require(report.lost == 0, "\(what): \(report)")
    try #require(report.answered > 0 && report.statuses == ["200"], "\(what): \(report)")
    return report
  }

  /// The load and what became of it, whatever that is.
  static func measuring(
    in namespace: Namespace, on node: String, against url: String = "http://vitrine", rate: Int = 1000,
    options: [String] = [], _ body: () async throws -> Void
  ) async throws -> HammerReport {
    try await namespace.apply(job(on: node, against: url, rate: rate, options))
    try await until("the load") {
      let ready = try await namespace.json("get", "job", "hammer")["status"]?["ready"]
      return ready == .number(1)
    }
    let report = try await following("kept", in: namespace) { kept in
      try await following("once", in: namespace) { once in
        // A second of peace, to see what is not the fault of `body`.
        try await Task.sleep(for: .seconds(1))
        try await body()
        try await Task.sleep(for: .seconds(1))
        // SIGTERM: the load ends early, and reports.
        try await namespace.kubectl("delete", "job", "hammer", "--wait=false")
        return HammerReport(parts: [try await self.report(of: kept), try await self.report(of: once)])
      }
    }
    try await namespace.kubectl("wait", "--for=delete", "job/hammer", "--timeout=60s")
    return report
  }

  private static func following<Result>(
    _ container: String, in namespace: Namespace, _ body: (ChildProcess) async throws -> Result
  ) async throws -> Result {
    let command = [
      "/usr/bin/env", "kubectl", "--namespace", namespace.name, "logs", "job/hammer", "--container", container,
      "--follow",
    ]
    return try await ChildProcess.run(command, environment: Cluster.environment, body)
  }

  private static func report(of log: ChildProcess) async throws -> JSONValue {
    let text = try await log.output.whole()
    guard let line = text.split(separator: "\n").last(where: { $0.hasPrefix("{") }) else {
      throw ProcessFailure(description: "the load said nothing but:\n\(text)\n\(log.errors.text)")
    }
    return try JSONValue(line)
  }

  private static func job(on node: String, against url: String, rate: Int, _ options: [String]) -> String {
    func container(_ name: String, _ load: [String]) -> String {
      let arguments =
        ["hammer", url, "--duration", "1800", "--output", "json"]
        + (options.contains("--path") ? [] : ["--path", "3:/", "--path", "/api/products"]) + load + options
      return """
              - name: \(name)
                image: \(Cluster.image)
                imagePullPolicy: IfNotPresent
                args: [\(arguments.map { "\"\($0)\"" }.joined(separator: ", "))]
                resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
                securityContext:
                  {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
        """
    }
    return """
      apiVersion: batch/v1
      kind: Job
      metadata: {name: hammer}
      spec:
        backoffLimit: 0
        template:
          spec:
            restartPolicy: Never
            nodeName: \(node)
            automountServiceAccountToken: false
            enableServiceLinks: false
            securityContext:
              {runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, seccompProfile: {type: RuntimeDefault}}
            containers:
      \(container("kept", ["--connections", "60", "--rate", "\(rate * 3 / 4)"]))
      \(container("once", ["--connections", "20", "--rate", "\(rate / 4)", "--close"]))
      """
  }
}

/// What became of a load's requests, of both kinds of clients.
struct HammerReport: Sendable, CustomStringConvertible {
  /// Of the kept connections, and of those with one request each.
  let parts: [JSONValue]

  private func sum(_ field: String) -> Int { parts.reduce(0) { $0 + Int($1[field]?.number ?? 0) } }

  var answered: Int { sum("answered") }
  var lost: Int { sum("lost") }
  var statuses: Set<String> { parts.reduce(into: []) { $0.formUnion($1["statuses"]?.keys ?? []) } }

  /// Answers by a field of theirs: `pods`, `versions`, `statuses`, `losses`.
  func counts(_ field: String) -> [String: Int] {
    parts.reduce(into: [:]) { counts, part in
      for (name, count) in part[field]?.object ?? [:] { counts[name, default: 0] += Int(count.number ?? 0) }
    }
  }

  var description: String {
    var text = "\(answered) answered by \(counts("pods").count) pods, \(lost) lost"
    if lost > 0 { text += " (\(counts("losses").filter { $0.value > 0 }), \(worstSeconds))" }
    if statuses != ["200"] { text += ", statuses \(counts("statuses"))" }
    let p99 = parts.compactMap { $0["latencyMilliseconds"]?["p99"]?.number }
    return text + ", p99 \(p99.map { "\($0) ms" }.joined(separator: " and "))"
  }

  /// The seconds in which something was lost.
  private var worstSeconds: String {
    parts.map { part in
      (part["timeline"]?.array ?? []).filter { $0["lost"] != .number(0) }
        .map { "\(Int($0["lost"]?.number ?? 0)) in second \(Int($0["second"]?.number ?? 0))" }.joined(separator: ", ")
    }.joined(separator: "; ")
  }
}
