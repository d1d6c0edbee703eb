import TestSupport
import Testing

extension EndToEndTests {
  /// Pods come and go, and every request is answered.
  @Suite struct RolloutTests {
    @Test func nothingIsLostWhilePodsComeAndGo() async throws {
      try await Namespace.run("vitrine-e2e-rollout") { namespace in
        try await namespace.install(["--set", "replicaCount=3"])
        let nodes = try await Cluster.nodes()
        let stays = try #require(nodes.first)

        let restarts = Cluster.isWhole ? 10 : 3
        let report = try await HammerJob.run(in: namespace, "\(restarts) rolling restarts", on: stays) {
          for _ in 1...restarts {
            try await namespace.kubectl("rollout", "restart", "deployment/vitrine")
            try await namespace.rolledOut()
          }
          try await namespace.settled(at: 3)
        }
        // Each restart replaced each pod, and each was asked.
        try #require(report.counts("pods").count == 3 * (restarts + 1), "\(report.counts("pods"))")

        let sizes = Cluster.isWhole ? [1, 5, 3] : [1, 3]
        try await HammerJob.run(in: namespace, "scaled from 3 to \(sizes)", on: stays) {
          for size in sizes {
            try await namespace.kubectl("scale", "deployment/vitrine", "--replicas", "\(size)")
            try await namespace.settled(at: size)
          }
        }

        if Cluster.isWhole { try await changes(in: namespace, from: stays) }
        guard let goes = nodes.last, goes != stays else { return print("skipped: the drain, there is but one node") }
        try await drain(goes, in: namespace, from: stays)
      }
    }

    /// A drain of a node, in which the PodDisruptionBudget is kept, and the way back.
    private func drain(_ node: String, in namespace: Namespace, from stays: String) async throws {
      func pods(on node: String) async throws -> Int {
        try await namespace.pods().count { $0["spec"]?["nodeName"]?.string == node }
      }
      try #require(try await pods(on: node) > 0)
      do {
        try await HammerJob.run(in: namespace, "drain of \(node)", on: stays) {
          async let drained: String = Cluster.kubectl(
            "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout", "3m")
          var fewest = Int.max
          try await until("an empty \(node)") {
            let budget = try await namespace.json("get", "pdb", "vitrine")["status"]
            fewest = min(fewest, Int(budget?["currentHealthy"]?.number ?? 0))
            return try await pods(on: node) == 0
          }
          _ = try await drained
          try #require(fewest >= 2, "the budget is one pod of three, and \(fewest) were left")
          try await namespace.settled(at: 3)
        }
      } catch {
        try await Cluster.kubectl("uncordon", node)
        throw error
      }
      try await Cluster.kubectl("uncordon", node)
      guard Cluster.isWhole else { return }
      try await HammerJob.run(in: namespace, "the way back to \(node)", on: stays) {
        try await namespace.kubectl("rollout", "restart", "deployment/vitrine")
        try await namespace.settled(at: 3)
      }
      try #require(try await pods(on: node) > 0)
    }

    /// What a maintainer does by hand and by Helm.
    private func changes(in namespace: Namespace, from node: String) async throws {
      let forced = try await Cluster.helmForces()
      try await HammerJob.run(in: namespace, "a pod deleted", on: node) {
        let pod = try #require(try await namespace.podNames().first)
        try await namespace.kubectl("delete", "pod", pod)
        try await namespace.settled(at: 3)
      }

      if let other = try await Cluster.imageByDigest() {
        try await HammerJob.run(in: namespace, "image changed, and rolled back", on: node) {
          let before = try await image(in: namespace)
          let digest = other.dropFirst(Cluster.repository.count + 1)
          try await namespace.install(["--reuse-values", "--set-string", "image.digest=\(digest)"] + forced)
          try #require(try await image(in: namespace).hasSuffix("@\(digest)"))
          try await namespace.settled(at: 3)
          try await Cluster.run([
            "helm", "rollback", "vitrine", "--namespace", namespace.name, "--wait", "--timeout", "3m",
          ])
          try #require(try await image(in: namespace) == before)
          try await namespace.settled(at: 3)
        }
      } else {
        print("skipped: the change of image, the nodes know no digest of \(Cluster.image)")
      }

      guard !forced.isEmpty else { return print("skipped: the repair of a scale by hand, Helm 3 knows no conflict") }
      try await HammerJob.run(in: namespace, "scaled by hand, and repaired", on: node) {
        try await namespace.kubectl("scale", "deployment/vitrine", "--replicas", "2")
        try await namespace.settled(at: 2)
        let refusal = await #expect(throws: ProcessFailure.self) { try await namespace.install(["--reuse-values"]) }
        try #require(refusal?.description.contains(".spec.replicas") == true, "\(String(describing: refusal))")
        try await namespace.install(["--reuse-values"] + forced)
        try await namespace.settled(at: 3)
      }
    }

    private func image(in namespace: Namespace) async throws -> String {
      let containers = try await namespace.json("get", "deployment", "vitrine")["spec"]?["template"]?["spec"]
      return try #require(containers?["containers"]?.array?.first?["image"]?.string)
    }
  }
}
