import TestSupport
import Testing

extension EndToEndTests {
  /// What stands in Git is what runs, by the shipped Applications.
  @Suite(
    .enabled("skipped: no Argo CD that reads file:// of this machine, or no git on PATH") { await ArgoCD.isThere() })
  struct ArgoCDTests {
    private static let application = "vitrine-manifests"
    private let namespace = Namespace(name: "vitrine-dev")

    /// The shipped Application of the manifests, for the overlay dev.
    private func overlay(of repository: Repository) throws -> String {
      try ArgoCD.shipped("application-manifests.yaml", for: repository)
        .replacing("path: manifests/base", with: "path: manifests/overlays/dev")
        .replacing("    namespace: vitrine\n", with: "    namespace: \(namespace.name)\n")
    }

    @Test func aCommitIsDeployedBumpedAndHealed() async throws {
      let repository = try await Repository()
      let deployed = try await repository.bump("--tag", Cluster.tag)
      try await namespace.isGone()
      try await ArgoCD.deploying(try overlay(of: repository), from: repository) {
        try await namespace.telling {
          try await ArgoCD.synced(Self.application, to: deployed)
          try await namespace.rolledOut()
          let node = try #require(try await Cluster.nodes().first)
          try await HammerJob.run(in: namespace, "a bump by Git, and a change by hand healed", on: node) {
            if let other = try await Cluster.imageByDigest() {
              let digest = other.dropFirst(Cluster.repository.count + 1)
              let bumped = try await repository.bump("--tag", Cluster.tag, "--digest", "\(digest)", "--only", "dev")
              try await ArgoCD.synced(Self.application, to: bumped)
              try #require(try await image().hasSuffix("@\(digest)"))
            } else {
              print("skipped: the bump, the nodes know no digest of \(Cluster.image)")
            }
            try await namespace.settled()

            try await namespace.kubectl("set", "env", "deployment/vitrine", "VITRINE_MESSAGE=by hand")
            try await namespace.kubectl("delete", "networkpolicy", "vitrine")
            try await until("the repair") {
              let policies = try await namespace.kubectl("get", "networkpolicies", "--output", "name")
              let environment = try await environment()
              return policies.contains("/vitrine\n") && !environment.contains("by hand")
            }
            try await namespace.settled()
          }
        }
      }
      try await Cluster.kubectl("delete", "namespace", namespace.name, "--ignore-not-found", "--wait=false")
    }

    /// A commit that breaks something, and how that shows.
    private struct Breakage {
      let what: String
      let file: String
      let old: String
      let new: String
      /// Health or phase of the Application's last sync.
      let shows: [String]
    }

    private static let breakages = [
      Breakage(
        what: "an image that does not exist", file: "manifests/overlays/dev/kustomization.yaml",
        old: "newTag: \"\(Cluster.tag)\"", new: "newTag: \"does-not-exist\"", shows: ["Degraded"]),
      Breakage(
        what: "a readiness that fails", file: "manifests/base/deployment.yaml", old: "path: /readyz",
        new: "path: /nowhere", shows: ["Degraded"]),
      Breakage(
        what: "a value that is none", file: "manifests/base/deployment.yaml", old: "terminationGracePeriodSeconds: 30",
        new: "terminationGracePeriodSeconds: thirty", shows: ["Failed", "Error"]),
    ]

    @Test(.enabled(if: Cluster.isWhole, Cluster.isPartial))
    func whatBreaksIsToldAndRevertedWhileTheOldVersionServes() async throws {
      let repository = try await Repository()
      _ = try await repository.bump("--tag", Cluster.tag)
      try repository.change("manifests/base/deployment.yaml", "Seconds: 120", to: "Seconds: 20")
      let deployed = try await repository.commit("A short deadline")
      // One try again, not five.
      let manifest = try overlay(of: repository).replacing("limit: 5", with: "limit: 1")
      try await namespace.isGone()
      try await Webhook.run { webhook in
        try await ArgoCD.deploying(manifest, from: repository, telling: webhook) {
          try await namespace.telling {
            try await ArgoCD.synced(Self.application, to: deployed)
            try await namespace.rolledOut()
            let isHealthy = (try? await until("health", within: 60) { try await health() == "Healthy" }) != nil
            let node = try #require(try await Cluster.nodes().first)
            for breakage in Self.breakages {
              try await HammerJob.run(in: namespace, breakage.what, on: node) { try await breaks(breakage, repository) }
            }
            if isHealthy {
              try await webhook.receives("\(Self.application) runs \(deployed)")
            } else {
              print("skipped: the message of a good sync, which waits for an Ingress controller and metrics-server")
            }
            try await webhook.receives("\(Self.application) is degraded")
            try await webhook.receives("The sync of \(Self.application) has failed")
          }
        }
      }
      try await Cluster.kubectl("delete", "namespace", namespace.name, "--ignore-not-found", "--wait=false")
    }

    private func breaks(_ breakage: Breakage, _ repository: Repository) async throws {
      try repository.change(breakage.file, breakage.old, to: breakage.new)
      let broken = try await repository.commit("Break it: \(breakage.what)")
      try await ArgoCD.refresh(Self.application)
      try await until("\(breakage.shows)", within: 180) {
        let status = try await ArgoCD.status(Self.application)
        let shown = [status["health"]?["status"]?.string, status["operationState"]?["phase"]?.string]
        let commit = status["operationState"]?["operation"]?["sync"]?["revision"]?.string
        return commit == broken && shown.contains { breakage.shows.contains($0 ?? "") }
      }
      let healed = try await repository.revert()
      try await ArgoCD.synced(Self.application, to: healed)
      try await until("health") { try await health() != "Degraded" }
      try await namespace.settled()
    }

    @Test(.enabled(if: Cluster.isWhole, Cluster.isPartial))
    func chartAndManifestsBecomeHealthyAndWhatGitLosesIsPruned() async throws {
      let repository = try await Repository()
      _ = try await repository.bump("--tag", Cluster.tag)
      let image = "image: {repository: \(Cluster.repository), tag: \"\(Cluster.tag)\"}"
      let chart = try ArgoCD.shipped("application-chart.yaml", for: repository)
        .replacing("      valuesObject:\n", with: "      valuesObject:\n        \(image)\n")
      let manifests = try ArgoCD.shipped("application-manifests.yaml", for: repository).replacing(
        "    path: manifests/base\n",
        with: "    path: manifests/base\n    kustomize: {images: [\"ghcr.io/vitrine/vitrine=\(Cluster.image)\"]}\n")
      let namespaces = [Namespace(name: "vitrine"), Namespace(name: "vitrine-chart")]
      for namespace in namespaces { try await namespace.isGone() }
      try await ArgoCD.deploying(chart + "---\n" + manifests, from: repository) {
        // Without a controller nobody gives the Ingress an address.
        let classes = try await Cluster.kubectl("get", "ingressclasses", "--output", "name")
        let healthy = ["vitrine-chart"] + (classes.isEmpty ? [] : ["vitrine-manifests"])
        if classes.isEmpty { print("skipped: the health of vitrine-manifests, no Ingress controller") }
        for application in healthy {
          try await until("\(application) Synced and Healthy", within: 180) {
            let status = try await ArgoCD.status(application)
            return status["sync"]?["status"]?.string == "Synced" && status["health"]?["status"]?.string == "Healthy"
          }
        }
        try repository.change("manifests/base/kustomization.yaml", "  - pdb.yaml\n", to: "")
        try await ArgoCD.synced("vitrine-manifests", to: try await repository.commit("No budget"))
        try #require(try await namespaces[0].kubectl("get", "pdb", "--output", "name") == "")
        try #require(try await namespaces[1].kubectl("get", "pdb", "--output", "name") != "")
      }
      for namespace in namespaces {
        try await Cluster.kubectl("delete", "namespace", namespace.name, "--ignore-not-found", "--wait=false")
      }
    }

    private static let second = Cluster.environment["VITRINE_E2E_SECOND"]

    @Test(.enabled(if: second != nil, "skipped: VITRINE_E2E_SECOND is no kubeconfig of a second cluster"))
    func theApplicationSetsMakeEachEnvironmentWhereItBelongs() async throws {
      let kubeconfig = try #require(Self.second)
      let other = try JSONValue(
        try await Cluster.run([
          "kubectl", "--kubeconfig", kubeconfig, "config", "view", "--raw", "--flatten", "--output", "json",
        ]))
      let cluster = try #require(other["clusters"]?.array?.first?["cluster"])
      let user = try #require(other["users"]?.array?.first?["user"])
      func word(_ value: JSONValue?) throws -> String { try #require(value?.string) }
      let credentials = """
        {"tlsClientConfig": {"caData": "\(try word(cluster["certificate-authority-data"]))",
         "certData": "\(try word(user["client-certificate-data"]))", "keyData": "\(try word(user["client-key-data"]))"}}
        """.replacing("\n", with: "")

      // One that is on its way out would cost a sync its tries.
      let namespaces = [Namespace(name: "vitrine-dev"), Namespace(name: "vitrine-prod")]
      for namespace in namespaces { try await namespace.isGone() }

      let repository = try await Repository()
      _ = try await repository.bump("--tag", Cluster.tag)
      let template = try ArgoCD.shipped("cluster.template.yaml", for: repository)
      let secret =
        template.split(separator: "  config: |").first.map(String.init)?
        .replacing("https://second.example:6443", with: try word(cluster["server"])) ?? ""
      let here = try ArgoCD.shipped("applicationset-environments.yaml", for: repository)
        .replacing("          - environment: staging\n", with: "")
      let there = try ArgoCD.shipped("applicationset-clusters.yaml", for: repository)
      let manifest = [here, there, secret + "  config: '\(credentials)'\n"].joined(separator: "---\n")
      try await ArgoCD.deploying(manifest, from: repository) {
        for application in ["vitrine-dev", "vitrine-prod", "vitrine-staging-second"] {
          try await until("\(application) Synced", within: 240) {
            (try? await ArgoCD.status(application))?["sync"]?["status"]?.string == "Synced"
          }
        }
        for (namespace, config) in [("vitrine-dev", nil), ("vitrine-prod", nil), ("vitrine-staging", kubeconfig)] {
          try await Cluster.run(
            ["kubectl", "--namespace", namespace, "rollout", "status", "deployment/vitrine", "--timeout", "3m"]
              + (config.map { ["--kubeconfig", $0] } ?? []))
        }
        // In the second cluster nothing but what belongs there.
        let others = try await Cluster.run([
          "kubectl", "--kubeconfig", kubeconfig, "get", "namespaces", "--output", "name",
        ])
        try #require(!others.contains("vitrine-dev") && !others.contains("vitrine-prod"))
      }
      for namespace in namespaces { try await namespace.isGone() }
      try await Cluster.run([
        "kubectl", "--kubeconfig", kubeconfig, "delete", "namespace", "vitrine-staging", "--ignore-not-found",
      ])
    }

    private func health() async throws -> String? {
      try await ArgoCD.status(Self.application)["health"]?["status"]?.string
    }

    private func container() async throws -> JSONValue {
      let pod = try await namespace.json("get", "deployment", "vitrine")["spec"]?["template"]?["spec"]
      return try #require(pod?["containers"]?.array?.first)
    }

    private func image() async throws -> String {
      try #require(try await container()["image"]?.string)
    }

    private func environment() async throws -> [String] {
      (try await container()["env"]?.array ?? []).compactMap { $0["value"]?.string }
    }
  }
}
