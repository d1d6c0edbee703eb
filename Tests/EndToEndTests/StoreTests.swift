import TestSupport
import Testing

extension EndToEndTests {
  /// Pods that share the PostgreSQL and the Redis of `manifests/stores`.
  @Suite(
    .enabled(if: Cluster.isWhole, Cluster.isPartial),
    .enabled(if: Cluster.fullImage != nil, "skipped: VITRINE_E2E_FULL_IMAGE names no image with every trait"))
  struct StoreTests {
    private static let password = "a-password-and-a-token"

    @Test func whoLostAHardDependencyGetsNoTrafficAndStays() async throws {
      try await withStores { stores in
        try await Namespace.run("vitrine-e2e-database") { namespace in
          try await install(in: namespace)
          let pods = try await namespace.podNames()
          try await areEndpoints(pods, true, in: namespace)
          try await Cluster.run(["helm", "test", "vitrine", "--namespace", namespace.name, "--timeout", "3m"])

          let product = #"{"name":"Lamp","description":"","price":1,"currency":"EUR","tags":[],"stock":1}"#
          let fields = ["Authorization: Bearer \(Self.password)", "Content-Type: application/json"]
          let made = try await namespace.forwarding("pod/\(pods[0])", "8080") {
            try await ask($0, "/api/products/lamp", method: "PUT", fields, body: product)
          }
          try #require(made.status == 201, "\(made.text)")
          for pod in pods {
            try await until("the change in \(pod)") {
              try await namespace.get("/api/products?q=lamp", of: pod, port: 8080).contains(#""id":"lamp""#)
            }
          }

          try await stores.kubectl("scale", "statefulset/postgresql", "--replicas", "0")
          try await areEndpoints(pods, false, in: namespace)
          // Longer than liveness would take.
          try await Task.sleep(for: .seconds(6))
          for pod in pods {
            let (read, ready) = try await namespace.forwarding("pod/\(pod)", "8080") { address in
              (try await ask(address, "/api/products?q=lamp"), try await ask(address, "/readyz?verbose"))
            }
            try #require(read.status == 200 && read["X-Cache"] == "STALE", "\(read.status) \(read["X-Cache"] ?? "")")
            try #require(ready.status == 503 && ready.text.contains("store"), "\(ready.text)")
          }

          try await stores.kubectl("scale", "statefulset/postgresql", "--replicas", "1")
          try await areEndpoints(pods, true, in: namespace)
          try #require(try await namespace.podNames() == pods)
          try #require(try await namespace.restarts() == 0)
        }
      }
    }

    private func areEndpoints(_ pods: [String], _ expected: Bool, in namespace: Namespace) async throws {
      for pod in pods {
        try await until("\(pod) \(expected ? "as an" : "as no") endpoint") {
          try await namespace.isEndpoint(pod) == expected
        }
      }
    }

    /// The chart with `ci/database-values.yaml`, to which the database is no longer a soft dependency.
    private func install(in namespace: Namespace) async throws {
      let image = try #require(Cluster.fullImage)
      let colon = try #require(image.lastIndex(of: ":"))
      let host = "vitrine-stores.svc.cluster.local"
      try await namespace.apply(
        secret("shop-writers", ["token": Self.password])
          + secret("shop-database", ["url": "postgresql://vitrine:\(Self.password)@postgresql.\(host)/vitrine"])
          + secret("shop-cache", ["address": "redis://:\(Self.password)@redis.\(host)"]))
      try await namespace.install([
        "--values", "\(Cluster.root)/chart/ci/database-values.yaml", "--set",
        "config.storeDependency=hard,config.staleMax=600",
        "--set", "drain.delay=1,probes.liveness.periodSeconds=2,probes.liveness.failureThreshold=2",
        "--set", "image.repository=\(image[..<colon])", "--set-string", "image.tag=\(image[colon...].dropFirst())",
      ])
      try await namespace.settled(at: 2)
    }

    /// Applies `manifests/stores`, hands on its namespace, and takes it away.
    ///
    /// `VITRINE_E2E_STORES_IMAGE` names an image with both, where the nodes cannot pull those of the manifests.
    private func withStores(_ body: (Namespace) async throws -> Void) async throws {
      let folder = try TemporaryFolder()
      try await Cluster.run(["cp", "-R", "\(Cluster.root)/manifests", folder.path])
      var kustomization = "resources: [../manifests/stores]\n"
      if let image = Cluster.environment["VITRINE_E2E_STORES_IMAGE"], let colon = image.lastIndex(of: ":") {
        let (name, tag) = (image[..<colon], image[colon...].dropFirst())
        kustomization += "images:\n"
        for official in ["postgres", "redis"] {
          kustomization += #"  - {name: docker.io/library/\#(official), newName: \#(name), newTag: "\#(tag)"}"# + "\n"
        }
      }
      if try await Cluster.kubectl("get", "storageclass", "--output", "name").isEmpty {
        kustomization += """
          patches:
            - target: {kind: StatefulSet}
              patch: |
                - {op: remove, path: /spec/volumeClaimTemplates}
                - {op: add, path: /spec/template/spec/volumes/-, value: {name: data, emptyDir: {}}}

          """
      }
      try folder.write(kustomization, to: "tested/kustomization.yaml")

      let stores = Namespace(name: "vitrine-stores")
      try await stores.isGone()
      try await stores.telling {
        try await Cluster.kubectl("create", "namespace", stores.name)
        try await stores.apply(
          secret("stores", ["postgresql-password": Self.password, "redis-password": Self.password]))
        try await Cluster.kubectl("apply", "--kustomize", "\(folder.path)/tested")
        for name in ["postgresql", "redis"] {
          try await stores.kubectl("rollout", "status", "statefulset/\(name)", "--timeout", "3m")
        }
        try await body(stores)
      }
      try await Cluster.kubectl("delete", "namespace", stores.name, "--wait=false")
    }
  }
}
