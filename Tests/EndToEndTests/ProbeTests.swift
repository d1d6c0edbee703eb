import TestSupport
import Testing

extension EndToEndTests {
  /// What the kubelet asks, and what it does about the answers.
  @Suite(.enabled(if: Cluster.isWhole, Cluster.isPartial)) struct ProbeTests {
    private static let token = "token-of-operators"
    /// Values by which an operator may switch and make faults, and by which a pod goes soon.
    private static let operated = [
      "--set", "faults.enabled=true,writes.existingSecret=writers",
      "--set", "drain.delay=3,drain.timeout=3,terminationGracePeriodSeconds=8",
      "--set", "probes.liveness.periodSeconds=2,probes.liveness.failureThreshold=2,probes.readiness.periodSeconds=1",
    ]

    @Test func theKubeletAsksAsOftenAsItIsTold() async throws {
      try await Namespace.run("vitrine-e2e-probes") { namespace in
        try await namespace.install([
          "--set", "replicaCount=1,probes.liveness.periodSeconds=4,probes.readiness.periodSeconds=2",
        ])
        let pod = try #require(try await namespace.podNames().first)
        func ledger(_ path: String) async throws -> JSONValue? {
          let entries = try JSONValue(try await namespace.get("/probes", of: pod))["probes"]?.array ?? []
          return entries.first { $0["prober"]?.string == "kube-probe" && $0["path"]?.string == path }
        }
        // Startup asks for /healthz as well, each second and until the first answer alone.
        for (path, seconds, asked) in [("/healthz", 4.0, 4.0), ("/readyz", 2.0, 8.0)] {
          try await until("\(asked) probes of \(path)") { try await ledger(path)?["count"]?.number ?? 0 >= asked }
          let entry = try await ledger(path)
          let longest = try #require(entry?["interval"]?["max"]?.number)
          try #require(longest > seconds * 0.8 && longest < seconds * 1.8, "\(path): \(String(describing: entry))")
          try #require(entry?["listener"]?.string == "management" && entry?["results"]?.keys == ["200"])
          let series = #"vitrine_probes_total{prober="kube-probe",path="\#(path)",result="success"}"#
          try #require(try await namespace.metric(series, of: pod) ?? 0 >= asked)
          print("the kubelet asks for \(path) every \(entry?["interval"]?["mean"]?.number ?? 0) s")
        }
      }
    }

    @Test func aPodWhoseLoopIsStuckIsRestarted() async throws {
      try await Namespace.run("vitrine-e2e-stuck") { namespace in
        try await namespace.apply(secret("writers", ["token": Self.token]))
        try await namespace.install(Self.operated)
        let pods = try await namespace.podNames()
        try await control(
          pods[0], "/faults/stuck", method: "PUT", body: #"{"kind":"stuck-loop","loop":0,"seconds":600}"#,
          in: namespace)
        try await until("a restart") { try await namespace.restarts() == 1 }
        let pod = try await namespace.json("get", "pod", pods[0])["status"]
        let container = pod?["containerStatuses"]?.array?.first
        try #require(container?["restartCount"] == .number(1))
        // It was told to go, and went: nobody had to kill it.
        let end = container?["lastState"]?["terminated"]
        try #require(end?["exitCode"] == .number(1), "\(String(describing: end))")
        try #require(end?["message"]?.string?.contains("; stuck: http-0") == true, "\(String(describing: end))")
        let events = try await namespace.kubectl("get", "events", "--field-selector", "reason=Unhealthy")
        try #require(events.contains("Liveness probe failed"), "\(events)")
        try await namespace.rolledOut()
        try #require(try await namespace.podNames() == pods)
      }
    }

    @Test func aPodThatDoesNotWantTrafficGetsNoneAndStays() async throws {
      try await Namespace.run("vitrine-e2e-unready") { namespace in
        try await namespace.apply(secret("writers", ["token": Self.token]))
        try await namespace.install(Self.operated)
        try await namespace.settled(at: 2)
        let pods = try await namespace.podNames()
        for pod in pods {
          try await until("\(pod) as an endpoint") { try await namespace.isEndpoint(pod) == true }
        }

        let node = try #require(try await Cluster.nodes().first)
        try await HammerJob.run(in: namespace, "a pod switched off, and a pod that drains", on: node) {
          try await control(pods[0], "/readyz/disable", body: "", in: namespace)
          try await until("no traffic") { try await namespace.isEndpoint(pods[0]) == false }
          // Longer than liveness would take.
          try await Task.sleep(for: .seconds(6))
          try #require(try await namespace.restarts() == 0)
          try await control(pods[0], "/readyz/enable", body: "", in: namespace)
          try await until("traffic again") { try await namespace.isEndpoint(pods[0]) == true }

          try await namespace.kubectl("delete", "pod", pods[1], "--wait=false")
          try await until("no traffic to who drains", within: 10) {
            try await namespace.isEndpoint(pods[1]) != true
          }
          let leaving = try await namespace.pods().first { $0["metadata"]?["name"]?.string == pods[1] }
          let container = leaving?["status"]?["containerStatuses"]?.array?.first
          try #require(container?["restartCount"] == .number(0) && container?["state"]?["running"] != nil)
          try await namespace.settled(at: 2)
        }
        try #require(try await namespace.restarts() == 0)
      }
    }

    @Test func itsLimitsHoldUnderLoad() async throws {
      try await Namespace.run("vitrine-e2e-limits") { namespace in
        try await namespace.install(["--set", "resources.limits.memory=32Mi,resources.requests.memory=32Mi"])
        let pods = try await namespace.podNames()
        let node = try #require(try await Cluster.nodes().first)
        var highest = 0.0
        try await HammerJob.run(in: namespace, "as much as the cores give, within 32 MiB", on: node, rate: 0) {
          for _ in 1...5 {
            for pod in pods {
              highest = max(highest, try await namespace.metric("process_resident_memory_bytes", of: pod) ?? .infinity)
            }
            try await Task.sleep(for: .seconds(2))
          }
        }
        print("resident under load: \(highest / 1_048_576) MiB at most")
        try #require(highest < 32 * 1_048_576)
        try #require(try await namespace.restarts() == 0)
        for pod in pods {
          let audit = try JSONValue(try await namespace.get("/audit", of: pod))["audit"]?.array ?? []
          for check in ["read-only root", "memory limit", "user", "capabilities", "runtime's seccomp profile"] {
            let line = audit.first { $0["check"]?.string == check }
            try #require(line?["result"]?.string == "pass", "\(String(describing: line))")
          }
        }
      }
    }

    /// A request of an operator to the management port of one pod.
    private func control(
      _ pod: String, _ target: String, method: String = "POST", body: String, in namespace: Namespace
    ) async throws {
      let fields = ["Authorization: Bearer \(Self.token)"] + (body.isEmpty ? [] : ["Content-Type: application/json"])
      let answer = try await namespace.forwarding("pod/\(pod)", "9090") {
        try await ask($0, target, method: method, fields, body: body)
      }
      try #require((200...299).contains(answer.status), "\(answer.status) \(answer.text)")
    }
  }
}
