import TestSupport
import Testing

extension EndToEndTests {
  /// What stands in Git is what runs, by the shipped Applications.
  @Suite(
    .enabled("skipped: no Argo CD that reads file:// of this machine, or no git on PATH") { await ArgoCD.isThere() })
  struct ArgoCDTests {
    @Test func aCommitIsDeployedBumpedAndHealed() async throws {
      let repository = try await Repository()
      let deployed = try await repository.bump("--tag", Cluster.tag)
      let namespace = Namespace(name: "vitrine-dev")
      let application = "vitrine-manifests"
      let manifest = try ArgoCD.shipped("application-manifests.yaml", for: repository)
        .replacing("path: manifests/base", with: "path: manifests/overlays/dev")
        .replacing("    namespace: vitrine\n", with: "    namespace: \(namespace.name)\n")
      try await namespace.isGone()
      try await ArgoCD.deploying(manifest, from: repository) {
        try await namespace.telling {
          try await ArgoCD.synced(application, to: deployed)
          try await namespace.rolledOut()
          let node = try #require(try await Cluster.nodes().first)
          try await HammerJob.run(in: namespace, "a bump by Git, and a change by hand healed", on: node) {
            if let other = try await Cluster.imageByDigest() {
              let digest = other.dropFirst(Cluster.repository.count + 1)
              let bumped = try await repository.bump("--tag", Cluster.tag, "--digest", "\(digest)", "--only", "dev")
              try await ArgoCD.synced(application, to: bumped)
              try #require(try await image(in: namespace).hasSuffix("@\(digest)"))
            } else {
              print("skipped: the bump, the nodes know no digest of \(Cluster.image)")
            }
            try await namespace.settled(at: 1)

            try await namespace.kubectl("set", "env", "deployment/vitrine", "VITRINE_MESSAGE=by hand")
            try await namespace.kubectl("delete", "networkpolicy", "vitrine")
            try await until("the repair") {
              let policies = try await namespace.kubectl("get", "networkpolicies", "--output", "name")
              let environment = try await environment(in: namespace)
              return policies.contains("/vitrine\n") && !environment.contains("by hand")
            }
            try await namespace.settled(at: 1)
          }
        }
      }
      try await Cluster.kubectl("delete", "namespace", namespace.name, "--ignore-not-found", "--wait=false")
    }

    private func container(in namespace: Namespace) async throws -> JSONValue {
      let pod = try await namespace.json("get", "deployment", "vitrine")["spec"]?["template"]?["spec"]
      return try #require(pod?["containers"]?.array?.first)
    }

    private func image(in namespace: Namespace) async throws -> String {
      try #require(try await container(in: namespace)["image"]?.string)
    }

    private func environment(in namespace: Namespace) async throws -> [String] {
      (try await container(in: namespace)["env"]?.array ?? []).compactMap { $0["value"]?.string }
    }
  }
}
