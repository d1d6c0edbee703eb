import TestSupport
import Testing

extension EndToEndTests {
  /// Argo Rollouts with manifests/rollouts: a new version is judged by its own metrics.
  @Suite(
    .enabled(if: Cluster.isWhole, Cluster.isPartial), .enabled(if: Prometheus.isThere, Prometheus.isMissing),
    .enabled("skipped: no Argo Rollouts") { await Cluster.knows("rollouts.argoproj.io") })
  struct CanaryTests {
    private static let token = "token-of-operators"

    @Test func aGoodVersionIsPromotedAndABadOneIsAborted() async throws {
      let namespace = Namespace(name: "vitrine")
      try await namespace.isGone()
      // What is scraped every two seconds is judged soon.
      let configuration = try Prometheus.configuration().replacing(": 15s", with: ": 2s")
      try await Prometheus.run(Prometheus.binaries[0], configuration: configuration, rules: "") { prometheus in
        try await namespace.telling {
          try await deploy(judgedBy: prometheus)
          try await until("the rollout", within: 180) { try await phase(in: namespace) == "Healthy" }
          try await until("four pods") { try await namespace.pods().count == 4 }
          let pod = try #require(try await namespace.podNames().first)
          guard try await prometheus.value("count(up{namespace=\"vitrine\"} == 1)") != nil else {
            return print("skipped: the canary, \(pod) cannot be scraped from this machine")
          }
          let node = try #require(try await Cluster.nodes().first)

          try await HammerJob.run(in: namespace, "a good version promoted", on: node) {
            let good = try await release("good", in: namespace)
            try await until("the promotion", within: 240) {
              let status = try await namespace.json("get", "rollout", "vitrine")["status"]
              return status?["stableRS"]?.string == good && status?["phase"]?.string == "Healthy"
            }
            try await until("four pods") { try await namespace.pods().count == 4 }
          }

          var bad = ""
          let report = try await HammerJob.measuring(in: namespace, on: node) {
            bad = try await release("bad", in: namespace)
            try await fail(bad, in: namespace)
            try await until("the abort", within: 180) { try await phase(in: namespace) == "Degraded" }
            let status = try await namespace.json("get", "rollout", "vitrine")["status"]
            try #require(status?["abort"] == .bool(true), "\(String(describing: status))")
            // The bad one goes half a minute later.
            try await until("four pods, none of them bad") {
              let names = try await namespace.podNames()
              return names.count == 4 && !names.contains { $0.contains("-\(bad)-") }
            }
          }
          let byBad = report.counts("pods").filter { $0.key.contains("-\(bad)-") }.values.reduce(0, +)
          let errors = report.counts("statuses")["500"] ?? 0
          print(
            "a bad version aborted: it answered \(byBad) of \(report.answered) requests, \(errors) with 500; \(report)")
          try #require(report.lost == 0 && report.statuses == ["200", "500"], "\(report)")
          try #require(errors > 0 && errors <= byBad && byBad < report.answered / 2)
          let runs = try await namespace.json("get", "analysisruns")["items"]?.array ?? []
          try #require(Set(runs.compactMap { $0["status"]?["phase"]?.string }) == ["Successful", "Failed"])
        }
      }
      try await Cluster.kubectl("delete", "namespace", namespace.name, "--wait=false")
    }

    /// manifests/rollouts with what an operator may do to make faults, and an analysis that does not take its minutes.
    private func deploy(judgedBy prometheus: Prometheus) async throws {
      let copy = try TemporaryFolder()
      try await Cluster.run(["cp", "-R", "\(Cluster.root)/manifests", copy.path])
      let quick = (0...1).map { metric in
        """
              - {op: replace, path: /spec/metrics/\(metric)/initialDelay, value: 10s}
              - {op: replace, path: /spec/metrics/\(metric)/interval, value: 5s}
              - {op: replace, path: /spec/metrics/\(metric)/count, value: 4}
        """
      }
      try copy.write(
        """
        resources: [../manifests/rollouts, secret.yaml]
        images: [{name: ghcr.io/vitrine/vitrine, newName: \(Cluster.repository), newTag: "\(Cluster.tag)"}]
        patches:
          - target: {kind: Rollout}
            patch: |
              - op: add
                path: /spec/template/spec/volumes
                value: [{name: tokens, secret: {secretName: writers}}]
              - op: add
                path: /spec/template/spec/containers/0/volumeMounts
                value: [{name: tokens, mountPath: /etc/vitrine/tokens, readOnly: true}]
              - {op: replace, path: /spec/strategy/canary/steps/3/pause/duration, value: 5s}
          - target: {kind: ConfigMap}
            patch: |
              - {op: add, path: /data/VITRINE_FAULTS, value: "true"}
              - {op: add, path: /data/VITRINE_WRITE_TOKEN_FILE, value: /etc/vitrine/tokens/token}
          - target: {kind: AnalysisTemplate}
            patch: |
              - {op: replace, path: /spec/args/0/value, value: "http://\(prometheus.address)"}
        \(quick.joined(separator: "\n"))
        """, to: "tested/kustomization.yaml")
      try copy.write(
        secret("writers", ["token": Self.token]).replacing(
          "{name: writers}", with: "{name: writers, namespace: vitrine}"),
        to: "tested/secret.yaml")
      try await Cluster.kubectl("apply", "--kustomize", "\(copy.path)/tested")
    }

    private func phase(in namespace: Namespace) async throws -> String? {
      try await namespace.json("get", "rollout", "vitrine")["status"]?["phase"]?.string
    }

    /// Another version; waits for its first pod.
    ///
    /// - Returns: the hash by which its pods are known.
    private func release(_ version: String, in namespace: Namespace) async throws -> String {
      let before = try await hash(in: namespace)
      try await namespace.kubectl(
        "patch", "rollout", "vitrine", "--type", "merge", "--patch",
        #"{"spec": {"template": {"metadata": {"annotations": {"e2e/version": "\#(version)"}}}}}"#)
      var hash = before
      try await until("a pod of the \(version) version") {
        hash = try await self.hash(in: namespace)
        guard hash != before else { return false }
        return try await namespace.pods().contains {
          $0["metadata"]?["name"]?.string?.contains("-\(hash)-") == true
            && $0["status"]?["containerStatuses"]?.array?.first?["ready"] == .bool(true)
        }
      }
      return hash
    }

    private func hash(in namespace: Namespace) async throws -> String {
      try await namespace.json("get", "rollout", "vitrine")["status"]?["currentPodHash"]?.string ?? ""
    }

    /// Every fifth answer of this version's pods is an error from now on.
    private func fail(_ hash: String, in namespace: Namespace) async throws {
      for pod in try await namespace.podNames() where pod.contains("-\(hash)-") {
        let fields = ["Authorization: Bearer \(Self.token)", "Content-Type: application/json"]
        let body = #"{"kind": "status", "code": 500, "seconds": 600, "scope": {"percentage": 20}}"#
        let answer = try await namespace.forwarding("pod/\(pod)", "9090") {
          try await ask($0, "/faults/bad", method: "PUT", fields, body: body)
        }
        try #require((200...299).contains(answer.status), "\(answer.text)")
      }
    }
  }
}
