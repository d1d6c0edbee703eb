import FoundationEssentials
import TLS
import TestSupport
import Testing

extension EndToEndTests {
  /// By the chart and by the manifests, as a user would.
  @Suite struct InstallTests {
    // MARK: The chart

    /// One of the chart's values files, and what it takes to install it for real.
    struct ChartCase: Sendable, CustomTestStringConvertible {
      let name: String
      /// Further arguments of Helm.
      var arguments: [String] = []
      /// Custom resources that must be known.
      var needs: [String] = []
      /// Objects that it takes for granted.
      var objects = ""
      /// Its Service waits for a load balancer for ever.
      var waits = true

      var testDescription: String { name }
    }

    static let core = [ChartCase(name: "default")]
    static let whole: [ChartCase] = [
      ChartCase(name: "base"),
      ChartCase(name: "catalogue", objects: configMap("spring-catalogue", "products.json", "[]")),
      ChartCase(name: "digest"),
      ChartCase(name: "dualstack"),
      ChartCase(
        name: "full", arguments: ["--set", "image.pullPolicy=IfNotPresent"],
        needs: [
          "httproutes.gateway.networking.k8s.io", "servicemonitors.monitoring.coreos.com",
          "prometheusrules.monitoring.coreos.com",
        ],
        objects: """
          {apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: showcase}, value: 1}
          """),
      ChartCase(name: "httproute", needs: ["httproutes.gateway.networking.k8s.io"]),
      ChartCase(
        name: "https", needs: ["certificates.cert-manager.io", "httproutes.gateway.networking.k8s.io"],
        objects: secret("vitrine-tls", pair()) + secret("partners", ["ca.crt": pair()["tls.crt"] ?? ""])),
      ChartCase(name: "ingress"),
      ChartCase(name: "loadbalancer", waits: false),
      ChartCase(name: "minimal"),
      ChartCase(
        name: "monitoring",
        needs: ["servicemonitors.monitoring.coreos.com", "prometheusrules.monitoring.coreos.com"]),
      ChartCase(name: "nodeport"),
      ChartCase(name: "persistent", objects: secret("shop-writers", ["token": "0123456789abcdef"])),
      ChartCase(
        name: "podmonitor",
        needs: ["podmonitors.monitoring.coreos.com", "prometheusrules.monitoring.coreos.com"]),
      ChartCase(name: "recreate"),
      ChartCase(
        name: "tls",
        objects: secret("shop-tls", pair(withAuthority: true))
          + configMap("clients", "clients.pem", pair()["tls.crt"] ?? "")),
    ]

    /// Four at a time, for the most part of each is waiting.
    static let groups =
      [core]
      + (Cluster.isWhole ? stride(from: 0, to: whole.count, by: 4).map { Array(whole[$0...].prefix(4)) } : [])

    @Test(arguments: groups)
    func theChartInstallsAnswersAndLeavesNothing(group: [ChartCase]) async throws {
      let notes = Turns()
      try await sideBySide(group) { try await installAnswersAndLeavesNothing($0, notes) }
    }

    /// - Parameter notes: the commands of NOTES.txt open the same local ports in each case.
    private func installAnswersAndLeavesNothing(_ values: ChartCase, _ notes: Turns) async throws {
      for resource in values.needs where await !Cluster.knows(resource) {
        return print("skipped: \(values.name)-values.yaml, nobody knows \(resource)")
      }
      var arguments = values.arguments
      let isDefault = values.name == "default"
      if !isDefault {
        arguments = ["--values", "\(Cluster.root)/chart/ci/\(values.name)-values.yaml"] + arguments
        // They go soon: how a pod goes is told elsewhere.
        arguments += ["--set", "drain.delay=1"]
      }
      if values.name == "digest" {
        guard let other = try await Cluster.imageByDigest() else {
          return print("skipped: digest-values.yaml, the nodes know no digest of \(Cluster.image)")
        }
        arguments += ["--set-string", "image.digest=\(other.dropFirst(Cluster.repository.count + 1))"]
      }
      if values.name == "persistent", try await Cluster.kubectl("get", "storageclass", "--output", "name").isEmpty {
        return print("skipped: persistent-values.yaml, there is no StorageClass")
      }
      if !values.waits { arguments.append("--wait=false") }

      try await Namespace.run("vitrine-e2e-\(values.name)") { namespace in
        if !values.objects.isEmpty { try await namespace.apply(values.objects) }
        let before = try await objects(in: namespace)
        try await installAndUpgrade(arguments, isHurried: !isDefault, in: namespace)
        let names = try await namespace.kubectl("get", "deployments", "--output", "name").split(separator: "\n")
        try #require(names.count == 1)
        try await namespace.kubectl("rollout", "status", String(names[0]), "--timeout", "3m")
        try await Cluster.run(["helm", "test", "vitrine", "--namespace", namespace.name, "--timeout", "3m"])
        try await notes.take { try await followNotes(in: namespace) }
        try #require(try await namespace.restarts() == 0)

        try await Cluster.run([
          "helm", "uninstall", "vitrine", "--namespace", namespace.name, "--wait", "--timeout", "3m",
        ])
        try await until("nothing left") { try await objects(in: namespace) == before }
      }
    }

    /// From the newest release's chart, where there is one, else from nothing.
    private func installAndUpgrade(_ arguments: [String], isHurried: Bool, in namespace: Namespace) async throws {
      let tags =
        (try? await Cluster.run(["git", "-C", Cluster.root, "tag", "--list", "v*", "--sort=-v:refname"])) ?? ""
      if let tag = tags.split(separator: "\n").first {
        let folder = try TemporaryFolder()
        let archive = "git -C '\(Cluster.root)' archive \(tag) chart | tar -x -C '\(folder.path)'"
        try await Cluster.run(["sh", "-c", archive])
        try await namespace.install(arguments, chart: "\(folder.path)/chart", isHurried: isHurried)
      } else {
        print("skipped: the upgrade from a release, there is no tag v*")
      }
      try await namespace.install(arguments, isHurried: isHurried)
    }

    /// What is there but for what every namespace has, and for what comes and goes by itself.
    private func objects(in namespace: Namespace) async throws -> Set<String> {
      let kinds = """
        pods,services,deployments,replicasets,configmaps,secrets,serviceaccounts,endpointslices,networkpolicies,\
        poddisruptionbudgets,horizontalpodautoscalers,ingresses
        """
      return Set(try await namespace.kubectl("get", kinds, "--output", "name").split(separator: "\n").map(String.init))
    }

    /// Runs the commands that Helm tells the user after an installation.
    private func followNotes(in namespace: Namespace) async throws {
      guard Cluster.has("curl") else { return print("skipped: the commands of NOTES.txt, no curl on PATH") }
      let notes = try await Cluster.run(["helm", "get", "notes", "vitrine", "--namespace", namespace.name])
      let words = ["kubectl ", "curl ", "node=", "port=", "date "]
      let commands = notes.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { line in
        // Not those for the pods of a test that failed, and not those through what may not be here.
        words.contains { line.hasPrefix($0) } && !line.contains("-test-")
          && (!line.hasPrefix("curl ") || line.contains("://localhost") || line.contains("://$node"))
      }
      try #require(!commands.isEmpty, "\(notes)")
      let script = commands.map { line in
        if line.contains("port-forward"), let local = line.split(separator: " ").dropLast().last?.prefix(4) {
          let asked = "(exec 3<> /dev/tcp/127.0.0.1/\(local)) 2> /dev/null"
          return "\(line.dropLast()) > /dev/null &\nfor _ in {1..100}; do \(asked) && break; sleep .1; done"
        }
        if line.contains("--follow") { return "timeout 2 \(line) > /dev/null || [ $? = 124 ]" }
        if line.hasPrefix("curl ") { return "curl -fsS --noproxy '*' --max-time 10 \(line.dropFirst(5))" }
        return String(line)
      }
      // A forward that is no longer needed would hold its port against the next one.
      let end = "trap 'kill $(jobs -p) 2> /dev/null; wait' EXIT"
      try await Cluster.run(["bash", "-euo", "pipefail", "-c", ([end] + script).joined(separator: "\n")])
    }

    // MARK: The manifests

    /// Those of a group have namespaces of their own.
    static let folders =
      Cluster.isWhole
      ? [["overlays/dev", "overlays/test", "overlays/staging", "overlays/prod"], ["minikube"], ["k3s"]]
      : [["overlays/test"]]

    @Test(arguments: folders)
    func aFolderOfManifestsMakesAServiceThatAnswers(group: [String]) async throws {
      try await sideBySide(group) { try await makesAServiceThatAnswers($0) }
    }

    private func makesAServiceThatAnswers(_ folder: String) async throws {
      let copy = try TemporaryFolder()
      try await Cluster.run(["cp", "-R", "\(Cluster.root)/manifests", copy.path])
      try copy.write(
        """
        resources: [../manifests/\(folder)]
        images: [{name: ghcr.io/vitrine/vitrine, newName: \(Cluster.repository), newTag: "\(Cluster.tag)"}]
        """, to: "tested/kustomization.yaml")
      let name = folder.hasPrefix("overlays/") ? "vitrine-\(folder.dropFirst("overlays/".count))" : "vitrine"
      let namespace = Namespace(name: name)
      try await namespace.isGone()
      try await namespace.telling {
        try await Cluster.kubectl("apply", "--kustomize", "\(copy.path)/tested")
        let label = try await Cluster.json("get", "namespace", name)["metadata"]?["labels"]
        try #require(label?["pod-security.kubernetes.io/enforce"]?.string == "restricted")
        try await namespace.rolledOut()
        let pod = try #require(try await namespace.podNames().first)
        let version = try JSONValue(try await namespace.get("/version", of: pod, port: 8080))
        try #require(version["version"]?.string?.isEmpty == false)
        try #require(try await namespace.metric("vitrine_ready", of: pod) == 1)
        try await Cluster.kubectl("delete", "--kustomize", "\(copy.path)/tested", "--wait=false")
      }
    }

    @Test(.enabled(if: Cluster.isWhole, Cluster.isPartial))
    func whatOthersReadIsTakenIn() async throws {
      // A namespace of their own, which those who have Prometheus have already.
      try await Namespace.run("monitoring") { namespace in
        try await Cluster.kubectl("apply", "--kustomize", "\(Cluster.root)/manifests/monitoring")
        let maps = try await namespace.kubectl("get", "configmaps", "--output", "name")
        try #require(maps.contains("configmap/vitrine-prometheus"))
        try await Cluster.kubectl("delete", "--kustomize", "\(Cluster.root)/manifests/monitoring")
      }
    }

    // MARK: Objects that a user would have

    static func pair(withAuthority: Bool = false) -> [String: String] {
      guard let pair = try? SelfSignedPair(names: ["vitrine"], validity: -60...86_400) else { return [:] }
      let certificate = String(decoding: pair.certificate, as: UTF8.self)
      let files = ["tls.crt": certificate, "tls.key": String(decoding: pair.key, as: UTF8.self)]
      return withAuthority ? files.merging(["ca.crt": certificate]) { $1 } : files
    }
  }
}

/// The others go on when one has failed: each is to tell what it was like.
private func sideBySide<Case: Sendable>(
  _ cases: [Case], _ body: @escaping @Sendable (Case) async throws -> Void
) async throws {
  try await withThrowingTaskGroup { group in
    for one in cases { group.addTask { try await body(one) } }
    var failures: [any Error] = []
    while let result = await group.nextResult() {
      if case .failure(let error) = result { failures.append(error) }
    }
    for failure in failures.dropFirst() { Issue.record(failure) }
    if let first = failures.first { throw first }
  }
}

/// One after the other, in the order in which they come.
private actor Turns {
  private var last: Task<Void, any Error>?

  func take(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let previous = last
    let turn = Task {
      _ = await previous?.result
      try await body()
    }
    last = turn
    try await turn.value
  }
}

/// A ConfigMap with one key.
func configMap(_ name: String, _ key: String, _ text: String) -> String {
  "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata:\n" + entry(key, text)
}

/// A Secret with these keys; of type kubernetes.io/tls where they are a pair's.
func secret(_ name: String, _ texts: [String: String]) -> String {
  let type = texts["tls.key"] == nil ? "Opaque" : "kubernetes.io/tls"
  return "---\napiVersion: v1\nkind: Secret\ntype: \(type)\nmetadata: {name: \(name)}\nstringData:\n"
    + texts.sorted { $0.key < $1.key }.map { entry($0.key, $0.value) }.joined()
}

private func entry(_ key: String, _ text: String) -> String {
  "  \(key): |\n" + text.split(separator: "\n").map { "    \($0)\n" }.joined()
}
