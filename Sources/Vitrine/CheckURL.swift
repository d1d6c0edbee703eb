internal import Networking

/// An `http` or `https` URL taken apart: `http://host[:port][/path[?query]]`, RFC 9110 §4.2.
struct CheckURL: Equatable {
  /// Whether it begins with `https:`.
  let isSecure: Bool
  /// A name or an address, an IPv6 one without its brackets.
  let host: String
  let port: UInt16
  /// `host`, or `host:port` where the port is not the scheme's, as the Host field has it: RFC 9110 §7.2.
  let authority: String
  /// Path and query, as they stand in the request line. A fragment is cut off: it is never sent.
  let target: String

  /// Why a URL is not one that can be asked.
  enum Mistake: Error, Equatable {
    case scheme, userinfo, host, port, target
  }

  init(_ url: String) throws(Mistake) {
    // Compared as bytes: to Character a combining mark belongs to the slash before it.
    let lowercased = url.lowercased()
    guard let scheme = ["http://", "https://"].first(where: { lowercased.utf8.starts(with: $0.utf8) }) else {
      throw .scheme
    }
    isSecure = scheme == "https://"
    let defaultPort: UInt16 = isSecure ? 443 : 80
    let rest = url.utf8.dropFirst(scheme.utf8.count).prefix { $0 != UInt8(ascii: "#") }
    let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    guard !authority.contains(UInt8(ascii: "@")) else { throw .userinfo }

    let (host, port) = try Self.split(authority, defaultPort)
    self.host = host
    self.port = port
    let literal = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
    self.authority = port == defaultPort ? literal : "\(literal):\(port)"

    // Anything else, a line feed above all, would let the URL write fields of the request.
    guard rest[authority.endIndex...].allSatisfy({ (0x21...0x7e).contains($0) }) else { throw .target }
    let target = String(decoding: rest[authority.endIndex...], as: UTF8.self)
    self.target = target.hasPrefix("/") ? target : "/" + target
  }

  private static func split(
    _ authority: Substring.UTF8View.SubSequence, _ defaultPort: UInt16
  ) throws(Mistake) -> (host: String, port: UInt16) {
    if authority.first == UInt8(ascii: "[") {
      guard let bracket = authority.firstIndex(of: UInt8(ascii: "]")) else { throw .host }
      let host = String(decoding: authority[..<bracket].dropFirst(), as: UTF8.self)
      guard host.contains(":"), IPAddress(host) != nil else { throw .host }
      return (host, try port(authority[bracket...].dropFirst(), defaultPort))
    }
    let colon = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
    guard colon > authority.startIndex, authority[..<colon].allSatisfy(isInName) else { throw .host }
    return (String(decoding: authority[..<colon], as: UTF8.self), try port(authority[colon...], defaultPort))
  }

  /// Of `:8080`. Nothing, or a colon alone, is the default: RFC 3986 §6.2.3.
  private static func port(_ suffix: Substring.UTF8View.SubSequence, _ defaultPort: UInt16) throws(Mistake) -> UInt16 {
    if suffix.isEmpty { return defaultPort }
    guard suffix.first == UInt8(ascii: ":") else { throw .host }
    let digits = suffix.dropFirst()
    if digits.isEmpty { return defaultPort }
    guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
    else { throw .port }
    return port
  }

  /// The unreserved characters of RFC 3986 §2.3: all that a name of DNS or /etc/hosts is made of.
  private static func isInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
