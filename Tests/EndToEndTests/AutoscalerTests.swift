import TestSupport
import Testing

extension EndToEndTests {
  /// The HorizontalPodAutoscaler and the chart's values for it.
  @Suite(
    .enabled(if: Cluster.isWhole, Cluster.isPartial),
    .enabled("skipped: no metrics-server, which an autoscaler asks") {
      (try? await Cluster.kubectl("get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes")) != nil
    })
  struct AutoscalerTests {
    @Test func loadMakesItGrowAndItsEndMakesItShrink() async throws {
      try await Namespace.run("vitrine-e2e-autoscaler") { namespace in
        // As quick as a test wants it, and a request so small that a core's part is much of it.
        try await namespace.install([
          "--set", "hpa.enabled=true,hpa.minReplicas=1,hpa.maxReplicas=3,hpa.cpu=50,resources.requests.cpu=40m",
          "--set", "hpa.behavior.scaleDown.stabilizationWindowSeconds=5",
          "--set", "hpa.behavior.scaleDown.policies[0].type=Pods,hpa.behavior.scaleDown.policies[0].value=1",
          "--set", "hpa.behavior.scaleDown.policies[0].periodSeconds=5",
        ])
        func replicas() async throws -> Double {
          try await namespace.json("get", "hpa", "vitrine")["status"]?["currentReplicas"]?.number ?? 0
        }
        try await until("one pod") { try await replicas() == 1 }
        let node = try #require(try await Cluster.nodes().first)
        try await HammerJob.run(in: namespace, "grown from 1 to 3 pods", on: node) {
          try await until("three pods") { try await replicas() == 3 }
          try await namespace.settled(at: 3)
        }
        // So few are no reason for three pods, and tell whether anything is lost on the way back.
        try await HammerJob.run(in: namespace, "shrunk to 1 pod", on: node, rate: 20) {
          try await until("one pod", within: 240) { try await replicas() == 1 }
          try await namespace.settled(at: 1)
        }
      }
    }
  }
}
