import Networking
import TLS
import TestSupport
import Testing

extension EndToEndTests {
  /// A ConfigMap and Secrets get other contents while pods that have them mounted serve.
  @Suite struct SwapTests {
    /// What the three hold at one time.
    private struct Contents {
      let product: String
      let token: String
      let pair: SelfSignedPair

      init(_ product: String) throws {
        self.product = product
        token = "token-of-\(product)-\(UInt64.random(in: 1 << 60 ... .max))"
        pair = try SelfSignedPair(names: ["vitrine"], validity: -60...86_400)
      }

      var objects: String {
        let catalogue = """
          [{"id": "\(product)", "name": "A", "description": "", "price": 1, "currency": "EUR", "tags": [], "stock": 1}]
          """
        return SwapTests.objects(catalogue, token, certificate: pair, key: pair)
      }
    }

    private static func objects(
      _ catalogue: String, _ token: String, certificate: SelfSignedPair, key: SelfSignedPair
    ) -> String {
      configMap("catalogue", "products.json", catalogue) + secret("writers", ["token": token])
        + secret(
          "pair",
          [
            "tls.crt": String(decoding: certificate.certificate, as: UTF8.self),
            "tls.key": String(decoding: key.key, as: UTF8.self),
          ])
    }

    /// Counters of the three, of which each pod has its own.
    private static let reloads = [
      "vitrine_catalog_reloads_total", "vitrine_write_token_reloads_total", "tls_certificate_reloads_total",
    ]

    @Test func aGoodOneIsTakenWithoutARestartAndABadOneIsNot() async throws {
      try await Namespace.run("vitrine-e2e-swaps") { namespace in
        var contents = try Contents("first")
        try await namespace.apply(contents.objects)
        try await namespace.install([
          "--set", "existingProductsConfigMap=catalogue,writes.existingSecret=writers",
          "--set", "tls.enabled=true,tls.existingSecret=pair",
        ])
        try await namespace.settled(at: 2)
        let pods = try await namespace.podNames()
        for pod in pods { try await serves(contents, pod, in: namespace) }

        let node = try #require(try await Cluster.nodes().first)
        try await HammerJob.run(in: namespace, "catalogue, token and certificate swapped", on: node) {
          for number in 1...(Cluster.isWhole ? 3 : 1) {
            let before = contents
            contents = try Contents("good-\(number)")
            try await namespace.apply(contents.objects)
            for pod in pods {
              try await taken("success", times: number, by: pod, in: namespace)
              try await serves(contents, pod, in: namespace, not: before)
            }
          }

          try await namespace.apply(
            Self.objects(
              #"[{"id": "bad""#, "short", certificate: try Contents("").pair, key: try Contents("").pair))
          for pod in pods {
            try await taken("failure", times: 1, by: pod, in: namespace)
            try await serves(contents, pod, in: namespace)
            let log = try await namespace.kubectl("logs", "pod/\(pod)")
            for what in ["catalogue is", "write tokens are", "certificate is"] {
              try #require(log.contains("the last good \(what) kept"), "\(pod) does not say so of \(what)")
            }
          }
        }
        try #require(try await namespace.podNames() == pods)
        try #require(try await namespace.restarts() == 0)
      }
    }

    /// Waits for the kubelet, which may take its minute.
    private func taken(_ result: String, times: Int, by pod: String, in namespace: Namespace) async throws {
      for counter in Self.reloads {
        try await until("\(counter) of \(pod)", within: 180) {
          try await namespace.metric("\(counter){result=\"\(result)\"}", of: pod) ?? 0 >= Double(times)
        }
      }
    }

    /// What the pod serves, whom it lets switch, and by which certificate it is known.
    private func serves(
      _ contents: Contents, _ pod: String, in namespace: Namespace, not before: Contents? = nil
    ) async throws {
      try await namespace.forwarding("pod/\(pod)", "8443") { address in
        let trusting = try TLSContext.client(trust: .authorities(contents.pair.certificate))
        let list = try JSONValue(try await ask(address, "/api/products", tls: trusting).text)["items"]?.array
        try #require(list?.map { $0["id"]?.string } == [contents.product])
        guard let before else { return }
        let distrusting = try TLSContext.client(trust: .authorities(before.pair.certificate))
        await #expect(throws: RawClient.Failure.self) { try await ask(address, "/", tls: distrusting) }
      }
      try await namespace.forwarding("pod/\(pod)", "9090") { address in
        func enable(_ token: String) async throws -> Int {
          try await ask(address, "/readyz/enable", method: "POST", ["Authorization: Bearer \(token)"]).status
        }
        try #require(try await enable(contents.token) == 200)
        if let before { try #require(try await enable(before.token) == 401) }
        try #require(try await ask(address, "/readyz").status == 200)
      }
    }
  }
}
