internal import Glibc
internal import Networking

/// Why a check got no answer, or not the right one.
enum CheckFailure: Error {
  case url(CheckURL.Mistake)
  /// What getaddrinfo(3) says of the name.
  case unresolved(reason: String)
  case connection(Errno)
  /// The file with the authorities cannot be read.
  case authorities([String])
  /// The handshake failed, or the server's certificate is not believed.
  case tls(reason: String)
  case noAnswer(within: Duration)
  case closed
  case notHTTP
  /// An answer outside 200 to 399.
  case status(StatusLine)

  /// What follows the URL in the line on standard error.
  var text: String {
    switch self {
    case .url(.scheme): ": the URL begins neither with http:// nor with https://"
    case .url(.userinfo): ": a user or password in the URL is not supported"
    case .url(.host): ": the host is neither a name nor an address"
    case .url(.port): ": the port is not in 1...65535"
    case .url(.target): ": path and query may hold visible ASCII only"
    case .unresolved(let reason): ": \(reason)"
    case .connection(let error): ": \(Self.reason(of: error))"
    case .authorities(let lines): ": " + lines.joined(separator: "; ")
    case .tls(let reason): ": TLS: \(reason)"
    case .noAnswer(let timeout): ": no answer within \(Self.seconds(timeout)) s"
    case .closed: ": the connection was closed without an answer"
    case .notHTTP: ": the answer is not HTTP/1"
    case .status(let line): " answered \(line.code)\(line.reason.isEmpty ? "" : " " + line.reason)"
    }
  }

  /// `connection refused`: strerror(3) begins with a capital, and stands after a colon here.
  private static func reason(of error: Errno) -> String {
    let text = unsafe String(cString: strerror(error.code))
    return text.prefix(1).lowercased() + text.dropFirst()
  }

  /// `5` and `0.25`.
  private static func seconds(_ duration: Duration) -> String {
    let seconds = duration / .seconds(1)
    return seconds == seconds.rounded() && seconds < 1e9 ? String(Int(seconds)) : String(seconds)
  }
}
