import Networking
import TLS
import TestSupport
import Testing

extension EndToEndTests {
  /// Behind Traefik, which knows of pods by itself and keeps connections to them.
  @Suite(
    .enabled(if: Cluster.isWhole, Cluster.isPartial),
    .enabled("skipped: no IngressClass traefik") {
      (try? await Cluster.kubectl("get", "ingressclass", "traefik")) != nil
    })
  struct IngressTests {
    /// A way from outside to the pods.
    struct Way: Sendable, CustomTestStringConvertible {
      let name: String
      var scheme = "http"
      /// Of the chart.
      let values: [String]
      /// Requests a second: a handshake takes a core's time.
      var rate = 1000

      var host: String { "\(name).localhost" }
      var testDescription: String { name }
    }

    static let ways = [
      Way(name: "ingress", values: ingress("ingress")),
      Way(name: "ingress-tls", scheme: "https", values: ingress("ingress-tls"), rate: 400),
      Way(
        name: "ingress-to-https",
        values: ingress("ingress-to-https") + [
          "--set", "http.enabled=false,tls.enabled=true,tls.existingSecret=pair",
          "--set", #"service.annotations.traefik\.ingress\.kubernetes\.io/service\.serversscheme=https"#,
        ]),
      Way(
        name: "gateway",
        values: [
          "--set", "httpRoute.enabled=true,httpRoute.hostnames[0]=gateway.localhost",
          "--set", "httpRoute.parentRefs[0].name=traefik,httpRoute.parentRefs[0].namespace=kube-system",
        ]),
    ]

    private static func ingress(_ name: String) -> [String] {
      let host = "host=\(name).localhost,ingress.hosts[0].paths[0].path=/,ingress.hosts[0].paths[0].pathType=Prefix"
      return ["--set", "ingress.enabled=true,ingress.className=traefik,ingress.hosts[0].\(host)"]
    }

    @Test(arguments: ways)
    func nothingIsLostInARollingRestartBehindIt(way: Way) async throws {
      let isGateway = way.name == "gateway"
      if isGateway, await (try? Cluster.kubectl("get", "gateway", "traefik", "--namespace", "kube-system")) == nil {
        return print("skipped: the Gateway API, no Gateway traefik in kube-system")
      }
      try await Namespace.run("vitrine-e2e-\(way.name)") { namespace in
        try await namespace.apply(secret("pair", InstallTests.pair()))
        try await namespace.install(way.values)
        try await namespace.settled(at: 2)
        let address = try await waiting(for: "an address", every: 500) {
          isGateway
            ? try await Cluster.json("get", "gateway", "traefik", "--namespace", "kube-system")["status"]?["addresses"]?
              .array?.first?["value"]?.string
            : try await namespace.json("get", "ingress", "vitrine")["status"]?["loadBalancer"]?["ingress"]?
              .array?.first?["ip"]?.string
        }
        let node = try #require(try await Cluster.nodes().first)
        let url = "\(way.scheme)://\(address)"
        // The controller may take its time to learn of the route.
        let outside = SocketAddress(try #require(IPAddress(address)), port: way.scheme == "https" ? 443 : 80)
        let tls = way.scheme == "https" ? try TLSContext.client(trust: .anyone) : nil
        try await until("an answer through \(way.name)") {
          (try? await ask(outside, "/version", host: way.host, tls: tls))?.status == 200
        }
        try await HammerJob.run(
          in: namespace, "a rolling restart behind \(way.name)", on: node, against: url, rate: way.rate,
          options: ["--header", "Host: \(way.host)"] + (way.scheme == "https" ? ["--insecure"] : [])
        ) {
          try await namespace.kubectl("rollout", "restart", "deployment/vitrine")
          try await namespace.settled(at: 2)
        }
      }
    }
  }
}
