/// Who asks `/healthz`, `/readyz` and `/metrics`, by what the User-Agent field says.
struct Prober: Hashable, Sendable {
  /// A closed set: it is a metric's label.
  enum Kind: String, CaseIterable, Sendable {
    case kubelet = "kube-probe"
    case prometheus
    /// The health checkers of the load balancers of AWS, Google and Azure, and of Envoy and HAProxy.
    case loadBalancer = "load-balancer"
    case curl
    /// `vitrine check`.
    case check = "vitrine-check"
    case other
  }

  /// What a product's name begins with, compared in lower case.
  private static let names: [(prefix: String, kind: Kind)] = [
    ("kube-probe/", .kubelet), ("prometheus/", .prometheus), ("elb-healthchecker/", .loadBalancer),
    ("googlehc/", .loadBalancer), ("load balancer agent", .loadBalancer), ("edge health probe", .loadBalancer),
    ("envoy/hc", .loadBalancer), ("haproxy/", .loadBalancer), ("curl/", .curl), ("vitrine-check/", .check),
  ]

  private static let textMax = 48

  let kind: Kind
  /// The first product with its version, `kube-probe/1.34`; empty without the field. No control character is in it.
  let product: String

  /// - Parameter userAgent: the field's value; nil where there is none.
  init(userAgent: ArraySlice<UInt8>?) {
    let text = String(
      decoding: (userAgent ?? []).prefix(Self.textMax).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") },
      as: UTF8.self)
    let lowercase = text.lowercased()
    kind = Self.names.first { lowercase.hasPrefix($0.prefix) }?.kind ?? .other
    // A name with spaces in it is told whole.
    product = text.contains("/") ? String(text.prefix { $0 != " " }) : text
  }

  /// What stands behind the slash; nil without one.
  var version: String? {
    product.firstIndex(of: "/").map { String(product[$0...].dropFirst()) }
  }
}
