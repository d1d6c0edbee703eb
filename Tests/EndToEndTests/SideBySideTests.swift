import FoundationEssentials
import Networking
import TestSupport
import Testing

extension EndToEndTests {
  /// Vitrine and podinfo through the same, and a table of what came of it.
  @Suite(.enabled(if: Cluster.isCompared, "skipped: VITRINE_E2E is not compare")) struct SideBySideTests {
    private static let podinfo = "ghcr.io/stefanprodan/podinfo:6.9.2"

    /// One of the two, installed.
    private struct Service {
      let name: String
      let namespace: Namespace
      let url: String
      /// Where its metrics are.
      let port: Int
      let selector: String
      let stays: String
      let goes: String

      /// A release's file on this machine, to weigh it; `VITRINE_E2E_BINARIES=/folder` has both.
      var binary: String? { Cluster.environment["VITRINE_E2E_BINARIES"].map { "\($0)/\(name)" } }

      func pods() async throws -> [JSONValue] {
        try await namespace.json("get", "pods", "--selector", selector)["items"]?.array ?? []
      }

      func scale(to count: Int) async throws {
        try await namespace.kubectl("scale", "deployment/\(name)", "--replicas", "\(count)")
        try await settled(at: count)
      }

      func settled(at count: Int) async throws {
        try await namespace.kubectl("rollout", "status", "deployment/\(name)", "--timeout", "3m")
        try await until("\(count) pods") { try await pods().count == count }
      }

      func measuring(rate: Int = 1000, _ body: () async throws -> Void) async throws -> HammerReport {
        try await HammerJob.measuring(
          in: namespace, on: stays, against: url, rate: rate, options: ["--path", "/version"], body)
      }

      /// A sample of its one pod's metrics.
      func metric(_ series: String) async throws -> Double {
        let pod = try #require(try await pods().first?["metadata"]?["name"]?.string)
        let scrape = try await namespace.get("/metrics", of: pod, port: port)
        let line = scrape.split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return try #require(line.flatMap { Double($0.dropFirst(series.count + 1)) }, "\(series)")
      }
    }

    @Test func aTableOfBoth() async throws {
      guard try await Cluster.json("get", "nodes").nodesKnow(Self.podinfo) else {
        return print("skipped: the nodes do not have \(Self.podinfo)")
      }
      let nodes = try await Cluster.nodes()
      guard let stays = nodes.first, let goes = nodes.last, stays != goes else {
        return print("skipped: there is but one node")
      }
      var columns: [[String]] = []
      try await Namespace.run("vitrine-e2e-vitrine") { namespace in
        try await namespace.install()
        columns.append(
          try await column(
            Service(
              name: "vitrine", namespace: namespace, url: "http://vitrine", port: 9090, selector: Namespace.selector,
              stays: stays, goes: goes)))
      }
      try await Namespace.run("vitrine-e2e-podinfo") { namespace in
        try await namespace.apply(Self.podinfoManifests)
        columns.append(
          try await column(
            Service(
              name: "podinfo", namespace: namespace, url: "http://podinfo:9898", port: 9797, selector: "app=podinfo",
              stays: stays, goes: goes)))
      }
      print("\n|  | Vitrine | podinfo 6.9.2 |\n| --- | ---: | ---: |")
      for (row, title) in Self.rows.enumerated() { print("| \(title) | \(columns[0][row]) | \(columns[1][row]) |") }
    }

    private static let rows = [
      "requests lost in a rolling restart of 3 pods", "requests lost in a drain of a node",
      "requests lost in a scale from 3 to 1", "pod created to Ready, s (median of 5)",
      "CPU a request, one pod under all it can take, µs", "requests/s of it", "resident memory idle, MiB",
      "resident memory under load, MiB", "binary, MB", "binary gzipped, MB",
    ]

    private func column(_ service: Service) async throws -> [String] {
      try await service.scale(to: 3)
      var cells: [String] = []
      func lost(_ report: HammerReport) {
        cells.append("\(report.lost) of \(report.answered + report.lost)")
        print("\(service.name): \(report)")
      }
      lost(
        try await service.measuring {
          try await service.namespace.kubectl("rollout", "restart", "deployment/\(service.name)")
          try await service.settled(at: 3)
        })
      lost(try await drained(service))
      lost(try await service.measuring { try await service.scale(to: 1) })
      cells.append(Self.text(try await readiness(of: service), digits: 2))
      cells += try await load(on: service)
      return cells + (try await weight(of: service))
    }

    private func drained(_ service: Service) async throws -> HammerReport {
      // Pods on either node, whatever the restart made of them.
      try await service.namespace.kubectl("rollout", "restart", "deployment/\(service.name)")
      try await service.settled(at: 3)
      do {
        let report = try await service.measuring {
          try await Cluster.kubectl(
            "drain", service.goes, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout", "3m")
          try await service.settled(at: 3)
        }
        try await Cluster.kubectl("uncordon", service.goes)
        return report
      } catch {
        try await Cluster.kubectl("uncordon", service.goes)
        throw error
      }
    }

    /// Seconds from the first word of a pod to that of its readiness, by a watch.
    private func readiness(of service: Service) async throws -> Double {
      var seconds: [Double] = []
      for _ in 1...5 {
        try await service.namespace.kubectl("scale", "deployment/\(service.name)", "--replicas", "0")
        try await until("no pod") { try await service.pods().isEmpty }
        let command = [
          "/usr/bin/env", "kubectl", "--namespace", service.namespace.name, "get", "pods", "--selector",
          service.selector, "--watch", "--no-headers", "--output",
          "custom-columns=READY:.status.conditions[?(@.type==\"Ready\")].status",
        ]
        try await ChildProcess.run(command, environment: Cluster.environment) { watch in
          try await Task.sleep(for: .seconds(1))
          try await service.namespace.kubectl("scale", "deployment/\(service.name)", "--replicas", "1")
          try await waiting(for: "a pod", of: watch) { watch.output.lines.isEmpty ? nil : true }
          let begin = Clock.monotonic
          _ = try await watch.output.line("True")
          seconds.append(Double(Clock.monotonic - begin) / 1e9)
        }
      }
      return seconds.sorted()[2]
    }

    /// One pod under as much as the rest of the machine can ask.
    private func load(on service: Service) async throws -> [String] {
      try await service.settled(at: 1)
      let idle = try await service.metric("process_resident_memory_bytes")
      let before = try await service.metric("process_cpu_seconds_total")
      var busy = 0.0
      let report = try await service.measuring(rate: 0) {
        try await Task.sleep(for: .seconds(10))
        busy = try await service.metric("process_resident_memory_bytes")
      }
      let spent = try await service.metric("process_cpu_seconds_total") - before
      print("\(service.name): \(report)")
      return [
        Self.text(spent / Double(report.answered) * 1e6, digits: 1),
        "\(report.parts.reduce(0) { $0 + Int($1["requestsPerSecond"]?.number ?? 0) })",
        Self.text(idle / 1_048_576, digits: 1), Self.text(busy / 1_048_576, digits: 1),
      ]
    }

    private func weight(of service: Service) async throws -> [String] {
      guard let binary = service.binary else { return ["not weighed", "not weighed"] }
      let sizes = try await Cluster.run(["sh", "-c", "wc -c < '\(binary)'; gzip -9 -c '\(binary)' | wc -c"])
      return sizes.split(separator: "\n").compactMap { Double($0) }.map { Self.text($0 / 1e6, digits: 1) }
    }

    private static func text(_ number: Double, digits: Int) -> String {
      let scale = digits == 1 ? 10.0 : 100.0
      return "\((number * scale).rounded() / scale)"
    }

    /// What podinfo's chart makes by its defaults, and besides what Pod Security "restricted" wants. Its image has an
    /// Alpine around the two binaries.
    private static let podinfoManifests = """
      apiVersion: v1
      kind: Service
      metadata: {name: podinfo}
      spec:
        selector: {app: podinfo}
        ports: [{name: http, port: 9898, targetPort: http}]
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: podinfo}
      spec:
        replicas: 1
        strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1}}
        selector: {matchLabels: {app: podinfo}}
        template:
          metadata: {labels: {app: podinfo}}
          spec:
            terminationGracePeriodSeconds: 30
            securityContext:
              {runAsNonRoot: true, runAsUser: 100, runAsGroup: 101, seccompProfile: {type: RuntimeDefault}}
            containers:
              - name: podinfo
                image: \(podinfo)
                imagePullPolicy: IfNotPresent
                securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
                command:
                  - /podinfo
                  - --port=9898
                  - --cert-path=/data/cert
                  - --port-metrics=9797
                  - --grpc-port=9999
                  - --grpc-service-name=podinfo
                  - --level=info
                  - --random-delay=false
                  - --random-error=false
                ports: [{name: http, containerPort: 9898}, {name: http-metrics, containerPort: 9797}]
                livenessProbe:
                  exec: {command: [podcli, check, http, "localhost:9898/healthz"]}
                  initialDelaySeconds: 1
                  timeoutSeconds: 5
                readinessProbe:
                  exec: {command: [podcli, check, http, "localhost:9898/readyz"]}
                  initialDelaySeconds: 1
                  timeoutSeconds: 5
                volumeMounts: [{name: data, mountPath: /data}]
                resources: {requests: {cpu: 1m, memory: 16Mi}}
            volumes: [{name: data, emptyDir: {}}]
      """
  }
}

extension JSONValue {
  /// Whether the nodes of this list have an image of this name.
  fileprivate func nodesKnow(_ image: String) -> Bool {
    (self["items"]?.array ?? []).allSatisfy { node in
      (node["status"]?["images"]?.array ?? []).contains { ($0["names"]?.array ?? []).contains(.string(image)) }
    }
  }
}
