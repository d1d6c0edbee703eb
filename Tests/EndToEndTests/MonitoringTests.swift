import FoundationEssentials
import Networking
import TestSupport
import Testing

extension EndToEndTests {
  /// manifests/monitoring, with the programs that it is for.
  @Suite(.enabled(if: Cluster.isWhole, Cluster.isPartial), .enabled(if: Prometheus.isThere, Prometheus.isMissing))
  struct MonitoringTests {
    private static let token = "token-of-operators"

    /// The service with everything that has metrics switched on.
    private func install(in namespace: Namespace) async throws {
      try await namespace.apply(
        secret("writers", ["token": Self.token]) + secret("pair", InstallTests.pair())
          + configMap("catalogue", "products.json", "[]"))
      try await namespace.install([
        "--set", "existingProductsConfigMap=catalogue,writes.existingSecret=writers,faults.enabled=true",
        "--set", "tls.enabled=true,tls.existingSecret=pair",
      ])
    }

    @Test(arguments: Prometheus.binaries)
    func podsAreFoundAndEveryRuleFindsItsSeries(prometheus binary: String) async throws {
      try await Namespace.run("vitrine-e2e-monitoring") { namespace in
        try await install(in: namespace)
        try await namespace.settled(at: 2)
        try await Prometheus.run(
          binary, configuration: try Prometheus.configuration(), rules: try Prometheus.shipped("rules.yaml")
        ) { prometheus in
          func targets() async throws -> [JSONValue] {
            (try await prometheus.api("targets", ["state=active"])["activeTargets"]?.array ?? []).filter {
              $0["labels"]?["namespace"]?.string == namespace.name
            }
          }
          try await until("both pods as targets, scraped") {
            let targets = try await targets()
            return targets.count == 2 && targets.allSatisfy { $0["health"]?.string != "unknown" }
          }
          for target in try await targets() {
            try #require(target["health"]?.string == "up" && target["lastError"]?.string == "", "\(target)")
            try #require(target["labels"]?["job"]?.string == "vitrine")
          }

          let groups = try await prometheus.api("rules")["groups"]?.array ?? []
          let rules = groups.flatMap { $0["rules"]?.array ?? [] }
          let queries = rules.compactMap { $0["query"]?.string }
          try #require(queries.count > 20)
          let selectors = Set(queries.flatMap { $0.matches(of: /[a-z_:0-9]+\{[^{}]*\}/).map { String($0.output) } })
          // What rules record is there after a few scrapes, and an evaluation.
          var missing = selectors
          try await until("a series for each of \(selectors.count) selectors", within: 180) {
            for selector in missing where try await prometheus.value("count(\(selector))") != nil {
              missing.remove(selector)
            }
            if !missing.isEmpty { try await Task.sleep(for: .seconds(3)) }
            return missing.isEmpty
          }
          try #require(missing.isEmpty)
          let unhealthy = rules.filter { $0["health"]?.string == "err" }
          try #require(unhealthy.isEmpty, "\(unhealthy)")
          print("\(binary): 2 targets up, \(rules.count) rules, a series for each of \(selectors.count) selectors")
        }
      }
    }

    @Test(.enabled(if: Cluster.has("prometheus-alertmanager"), "skipped: no prometheus-alertmanager on PATH"))
    func anAlertReachesPeopleAndIsResolved() async throws {
      try await Namespace.run("monitoring") { monitoring in
        try await Namespace.run("vitrine-e2e-alert") { namespace in
          try await install(in: namespace)
          try await Webhook.run { webhook in
            try await withAlertmanager(for: webhook, in: monitoring) {
              // Five minutes would be long for a test.
              let rules = try Prometheus.shipped("rules.yaml")
                .replacing("for: 5m", with: "for: 5s").replacing("for: 10m", with: "for: 5s")
              let configuration = try Prometheus.configuration().replacing(": 15s", with: ": 2s")
              try await Prometheus.run(Prometheus.binaries[0], configuration: configuration, rules: rules) { _ in
                let pod = try #require(try await namespace.podNames().first)
                try await switchReadiness("disable", of: pod, in: namespace)
                try await webhook.receives("VitrineNotReady", pod, "firing")
                try await switchReadiness("enable", of: pod, in: namespace)
                try await webhook.receives("VitrineNotReady", pod, "resolved")
                print("VitrineNotReady of \(pod) fired, was told, and was resolved")
              }
            }
          }
        }
      }
    }

    private func switchReadiness(_ how: String, of pod: String, in namespace: Namespace) async throws {
      let answer = try await namespace.forwarding("pod/\(pod)", "9090") {
        try await ask($0, "/readyz/\(how)", method: "POST", ["Authorization: Bearer \(Self.token)"])
      }
      try #require(answer.status == 200, "\(answer.text)")
    }

    /// A real Alertmanager with the shipped routes, which the shipped configuration of Prometheus finds by the name of
    /// its Service. Its receivers are a webhook instead of Slack, and it waits for no further alerts.
    private func withAlertmanager(
      for webhook: Webhook, in monitoring: Namespace, _ body: () async throws -> Void
    ) async throws {
      let folder = try TemporaryFolder()
      var configuration = try Prometheus.shipped("alertmanager.yaml")
      for interval in ["group_wait: 30s", "group_wait: 10s", "group_interval: 5m"] {
        configuration = configuration.replacing(interval, with: interval.prefix { $0 != " " } + " 1s")
      }
      let receivers = try #require(configuration.firstRange(of: "receivers:"))
      configuration =
        configuration[..<receivers.lowerBound] + "receivers:\n"
        + ["vitrine-page", "vitrine-team"].map {
          "  - {name: \($0), webhook_configs: [{url: \"\(webhook.url)\", send_resolved: true}]}\n"
        }.joined()
      let file = try folder.write(configuration, to: "alertmanager.yaml")
      let command = [
        "/usr/bin/env", "prometheus-alertmanager", "--config.file=\(file)", "--storage.path=\(folder.path)/data",
        "--cluster.listen-address=", "--log.level=warn",
      ]
      try await ChildProcess.run(command, environment: Cluster.environment) { process in
        let node = try await address(of: process)
        try await monitoring.apply(
          """
          {apiVersion: v1, kind: Service, metadata: {name: alertmanager}, spec: {ports: [{name: http, port: 9093}]}}
          ---
          apiVersion: discovery.k8s.io/v1
          kind: EndpointSlice
          metadata: {name: alertmanager, labels: {kubernetes.io/service-name: alertmanager}}
          addressType: IPv4
          endpoints: [{addresses: ["\(node)"]}]
          ports: [{name: http, port: 9093}]
          """)
        try await body()
      }
    }

    /// Where pods, and the cluster's own addresses, reach this machine: the address of the node that it is.
    private func address(of alertmanager: ChildProcess) async throws -> String {
      let nodes = try await Cluster.json("get", "nodes")["items"]?.array ?? []
      let addresses = nodes.flatMap { $0["status"]?["addresses"]?.array ?? [] }
        .filter { $0["type"]?.string == "InternalIP" }.compactMap { $0["address"]?.string }
      return try await waiting(for: "Alertmanager", of: alertmanager, every: 500) {
        for address in addresses {
          guard let parsed = IPAddress(address) else { continue }
          let ready = try? await ask(SocketAddress(parsed, port: 9093), "/-/ready")
          if ready?.status == 200 { return address }
        }
        return nil
      }
    }
  }
}
