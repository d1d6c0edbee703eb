internal import Networking

/// `vitrine check`: one GET request, for a container's HEALTHCHECK and exec probes where there is no shell and no curl.
package struct Check: Sendable {
  private let url: String
  private let timeout: Duration
  private let trust: CheckTrust
  private let version: String

  /// - Parameters:
  ///   - url: `http://host[:port][/path[?query]]`, or `https`; only `run` looks at it.
  ///   - timeout: over the whole: the name's look-up, the connection, the request, the answer's first line.
  ///   - trust: by whom an `https` server is to be vouched for.
  ///   - version: for the User-Agent field.
  package init(
    url: String, timeout: Duration, trust: CheckTrust = .system, version: String = BuildInformation.current.version
  ) {
    self.url = url
    self.timeout = timeout
    self.trust = trust
    self.version = version
  }

  /// Asks, and blocks until there is an answer or the deadline has passed. Redirects are answers, and not followed.
  ///
  /// - Parameter report: gets one line, without its newline, when the check fails.
  /// - Returns: the exit status: 0 for an answer of 200 to 399, else 1.
  package func run(report: (String) -> Void) -> Int32 {
    do throws(CheckFailure) {
      let answer = try CheckExchange(timeout: timeout, trust: trust).answer(
        to: url, userAgent: "vitrine-check/\(version)")
      guard (200...399).contains(answer.code) else { throw .status(answer) }
      return 0
    } catch {
      // The URL comes from outside: it must not break the line.
      let shown = url.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) }
      report("vitrine check: \(String(shown))\(error.text)")
      return 1
    }
  }

  /// The URL of this instance's own `/readyz`, for `vitrine check` without one: on the management listener, else on the
  /// plain one, else over TLS. A wildcard is asked at 127.0.0.1: `::` takes IPv4 too.
  package static func ownURL(_ own: Configuration) -> String {
    let listening = own.managementPort == nil ? own.host : own.managementListenHost
    let address = IPAddress(listening)
    let peer = address == .anyV6 || address == .anyV4 ? "127.0.0.1" : listening
    let literal = peer.contains(":") ? "[\(peer)]" : peer
    if let port = own.managementPort ?? (own.http ? own.port : nil) { return "http://\(literal):\(port)/readyz" }
    return "https://\(literal):\(own.httpsPort ?? own.port)/readyz"
  }
}
