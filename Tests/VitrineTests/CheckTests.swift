import Dispatch
import Glibc
import Networking
import Synchronization
import Testing

@testable import Vitrine

@Suite struct CheckURLTests {
  @Test(
    arguments: [
      ("http://a", "a", 80, "a", "/"),
      ("HTTP://a.example:8080/x/y?z=1", "a.example", 8080, "a.example:8080", "/x/y?z=1"),
      ("http://127.0.0.1:80/", "127.0.0.1", 80, "127.0.0.1", "/"),
      ("http://[::1]:8080/readyz", "::1", 8080, "[::1]:8080", "/readyz"),
      ("http://[fe80::1]", "fe80::1", 80, "[fe80::1]", "/"),
      ("http://a?q", "a", 80, "a", "/?q"),
      ("http://a:/", "a", 80, "a", "/"),
      ("http://a/x#part", "a", 80, "a", "/x"),
      ("http://a#part", "a", 80, "a", "/"),
      ("http://my_service:65535/%20", "my_service", 65535, "my_service:65535", "/%20"),
      ("http://a/b:c@d", "a", 80, "a", "/b:c@d"),
      ("https://a", "a", 443, "a", "/"), ("HTTPS://a:80/", "a", 80, "a:80", "/"),
      ("https://[::1]:443/x", "::1", 443, "[::1]", "/x"),
    ])
  func takesApart(url: String, host: String, port: UInt16, authority: String, target: String) throws {
    let parsed = try CheckURL(url)
    #expect(parsed.host == host && parsed.port == port && parsed.authority == authority && parsed.target == target)
    #expect(parsed.isSecure == url.lowercased().hasPrefix("https"))
  }

  @Test(
    arguments: [
      ("https//a/", .scheme), ("https://", .host), ("https://a:0/", .port), ("", .scheme), ("a:8080", .scheme),
      ("http:/a", .scheme),
      ("ftp://a/", .scheme), (" http://a/", .scheme), ("http://u:p@a/", .userinfo), ("http://@a/", .userinfo),
      ("http://", .host), ("http:///x", .host), ("http://:80/", .host), ("http://[::1", .host), ("http://[]/", .host),
      ("http://[1.2.3.4]/", .host), ("http://[::1]8080/", .host), ("http://::1/", .host), ("http://a b/", .host),
      ("http://a\r\n/", .host), ("http://\u{e4}/", .host), ("http://a:0/", .port), ("http://a:65536/", .port),
      ("http://a:+80/", .port), ("http://a:8x/", .port), ("http://a:80:80/", .port), ("http://a/ ", .target),
      ("http://a/\r\nX: y", .target), ("http://a/\n", .target), ("http://a/\u{e4}", .target), ("http://a/\0", .target),
    ] as [(String, CheckURL.Mistake)])
  func refuses(url: String, mistake: CheckURL.Mistake) {
    #expect(throws: mistake) { try CheckURL(url) }
  }

  @Test(
    arguments: [
      ("::", "http://127.0.0.1:8080/readyz"), ("0.0.0.0", "http://127.0.0.1:8080/readyz"),
      ("0:0:0:0:0:0:0:0", "http://127.0.0.1:8080/readyz"), ("127.0.0.1", "http://127.0.0.1:8080/readyz"),
      ("::1", "http://[::1]:8080/readyz"), ("10.1.2.3", "http://10.1.2.3:8080/readyz"),
      ("localhost", "http://localhost:8080/readyz"),
    ])
  func asksWhereTheServiceListens(host: String, url: String) throws {
    #expect(Check.ownURL(configuration { $0.host = host }) == url)
    _ = try CheckURL(url)
  }

  @Test func prefersTheManagementListener() {
    let own = configuration { ($0.host, $0.managementPort, $0.httpsPort) = ("10.1.2.3", 9090, 8443) }
    #expect(Check.ownURL(own) == "http://10.1.2.3:9090/readyz")
    #expect(Check.ownURL(configuration(own) { $0.managementHost = "::" }) == "http://127.0.0.1:9090/readyz")
  }

  @Test func aManagementHostWithoutItsPortIsNotAsked() {
    let own = configuration { ($0.port, $0.managementHost) = (1, "10.1.2.3") }
    #expect(Check.ownURL(own) == "http://127.0.0.1:1/readyz")
  }

  @Test func asksOverTLSWhereNothingElseIsSpoken() {
    let own = configuration { $0.httpsPort = 8443 }
    #expect(Check.ownURL(own) == "http://127.0.0.1:8080/readyz")
    #expect(Check.ownURL(configuration(own) { $0.http = false }) == "https://127.0.0.1:8443/readyz")
  }

  private func configuration(
    _ configuration: Configuration = Configuration(), _ change: (inout Configuration) -> Void
  ) -> Configuration {
    var configuration = configuration
    change(&configuration)
    return configuration
  }
}

@Suite struct StatusLineTests {
  private func read(_ text: String) -> (code: Int, reason: String)? {
    guard case .complete(let line) = StatusLine.read(Array(text.utf8)) else { return nil }
    return (line.code, line.reason)
  }

  @Test(
    arguments: [
      ("HTTP/1.1 200 OK\r\n", 200, "OK"), ("HTTP/1.0 503 Service Unavailable\r\n\r\n", 503, "Service Unavailable"),
      ("HTTP/1.1 204 \r\n", 204, ""), ("HTTP/1.1 999 ?\r\n", 999, "?"),
      ("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n", 200, "OK"),
      ("HTTP/1.1 100 \r\n\r\nHTTP/1.1 102 \r\n\r\nHTTP/1.1 404 No\r\n", 404, "No"),
    ])
  func readsAnAnswerCutAtEveryByte(text: String, code: Int, reason: String) throws {
    let line = try #require(read(text))
    #expect(line.code == code && line.reason == reason)
    let bytes = Array(text.utf8)
    let end = text.hasSuffix("\r\n\r\n") ? bytes.count - 2 : bytes.count
    for count in 0..<end { #expect(StatusLine.read(Array(bytes[..<count])) == .incomplete, "\(count)") }
  }

  @Test(
    arguments: [
      "HTTP/1.1 200 OK\n", "HTTP/1.1 200\r\n", "HTTP/1.1  200 OK\r\n", "HTTP/2.0 200 OK\r\n", "HTTP/11 200 OK\r\n",
      "http/1.1 200 OK\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 x\r\n", "HTTP/1.1 +20 x\r\n",
      "HTTP/1.x 200 OK\r\n", "\r\nHTTP/1.1 200 OK\r\n", "\r\n", "\n", "SSH-2.0-OpenSSH_9.2\r\n", "S", "HTTP/2",
      "HTTP/1.1 100 \r\n\r\nX",
    ])
  func refuses(text: String) {
    #expect(StatusLine.read(Array(text.utf8)) == .malformed)
  }

  @Test func refusesALineWithoutEnd() {
    let line = Array("HTTP/1.1 200 ".utf8)
    #expect(StatusLine.read(line + Array(repeating: 0x41, count: 1000)) == .incomplete)
    #expect(StatusLine.read(line + Array(repeating: 0x41, count: StatusLine.bytesMax)) == .malformed)
  }

  @Test func showsNoControlCharacterOfAServer() throws {
    #expect(try #require(read("HTTP/1.1 500 a\u{1b}[2Jb\u{9b}\r\n")).reason == "a?[2Jb??")
  }
}

@Suite struct CheckTests {
  @Test(arguments: ["200 OK", "204 No Content", "302 Found", "399 "])
  func succeedsSilently(status: String) async throws {
    let peer = try Peer(answering: "HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n")
    let (exit, lines) = await check(peer.url("/readyz"))
    #expect(exit == 0 && lines.isEmpty, "\(lines)")
  }

  @Test(arguments: ["400 Bad Request", "503 Service Unavailable", "600 Beyond"])
  func failsWithTheStatus(status: String) async throws {
    let peer = try Peer(answering: "HTTP/1.1 \(status)\r\n\r\n")
    let (exit, lines) = await check(peer.url("/readyz"))
    #expect(exit == 1 && lines == ["vitrine check: \(peer.url("/readyz")) answered \(status)"])
  }

  @Test func aStatusMayComeWithoutWords() async throws {
    let peer = try Peer(answering: "HTTP/1.1 404 \r\n\r\n")
    let (exit, lines) = await check(peer.url("/"))
    #expect(exit == 1 && lines == ["vitrine check: \(peer.url("/")) answered 404"])
  }

  @Test func sendsOneWellFormedRequest() async throws {
    let peer = try Peer(answering: "HTTP/1.1 200 OK\r\n\r\n")
    _ = await check(peer.url("/a?b=c#d"))
    #expect(
      peer.request
        == "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:\(peer.port)\r\nUser-Agent: vitrine-check/1.2.3\r\n"
        + "Accept: */*\r\nConnection: close\r\n\r\n")
  }

  @Test func findsANameByItsAddresses() async throws {
    let peer = try Peer(answering: "HTTP/1.1 200 OK\r\n\r\n")
    let (exit, lines) = await check("http://localhost:\(peer.port)/")
    #expect(exit == 0, "\(lines)")
  }

  @Test func tellsThatTheConnectionWasRefused() async throws {
    // A port that was free a moment ago.
    let port = try ListeningSocket.group(at: SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0), count: 1, backlog: 1)[
      0
    ]
    .address.port
    let (exit, lines) = await check("http://127.0.0.1:\(port)/")
    #expect(exit == 1 && lines == ["vitrine check: http://127.0.0.1:\(port)/: connection refused"])
  }

  @Test func aSilentServerMeetsTheDeadline() async throws {
    let peer = try Peer(answering: nil)
    let (exit, lines) = await check(peer.url("/"), timeout: .milliseconds(250))
    #expect(exit == 1 && lines == ["vitrine check: \(peer.url("/")): no answer within 0.25 s"])
  }

  @Test func aDrippingServerMeetsTheSameDeadline() async throws {
    let peer = try Peer(answering: "HTTP/1.1 200 " + String(repeating: "x", count: 1000), dripping: true)
    let (exit, lines) = await check(peer.url("/"), timeout: .seconds(1))
    #expect(exit == 1 && lines == ["vitrine check: \(peer.url("/")): no answer within 1 s"])
  }

  /// OpenSSL reads on by itself until a record is whole.
  @Test func aDrippingRecordMeetsTheSameDeadline() async throws {
    let record = "\u{16}\u{3}\u{3}\u{40}\0" + String(repeating: "x", count: 1000)
    let peer = try Peer(answering: record, dripping: true)
    let url = peer.url("/").replacing("http:", with: "https:")
    let (exit, lines) = await check(url, timeout: .seconds(1))
    #expect(exit == 1 && lines == ["vitrine check: \(url): no answer within 1 s"])
  }

  @Test(arguments: [
    ("", ": the connection was closed without an answer"), ("SSH-2.0-x\r\n", ": the answer is not HTTP/1"),
  ])
  func tellsWhatIsNoAnswer(bytes: String, reason: String) async throws {
    let peer = try Peer(answering: bytes)
    let (exit, lines) = await check(peer.url("/"))
    #expect(exit == 1 && lines == ["vitrine check: \(peer.url("/"))\(reason)"])
  }

  @Test(
    arguments: [
      ("ftp://a/", "ftp://a/: the URL begins neither with http:// nor with https://"),
      ("http://a:0/", "http://a:0/: the port is not in 1...65535"),
      ("http://a/\n\u{85}", "http://a/??: path and query may hold visible ASCII only"),
    ])
  func refusesAURLInOneLine(url: String, line: String) async {
    let (exit, lines) = await check(url)
    #expect(exit == 1 && lines == ["vitrine check: \(line)"])
  }

  /// On a thread of its own: a check blocks.
  private func check(_ url: String, timeout: Duration = .seconds(10)) async -> (exit: Int32, lines: [String]) {
    await withCheckedContinuation { continuation in
      DispatchQueue(label: "check").async {
        var lines: [String] = []
        let exit = Check(url: url, timeout: timeout, version: "1.2.3").run { lines.append($0) }
        continuation.resume(returning: (exit, lines))
      }
    }
  }
}

/// A server of one connection at 127.0.0.1: it reads a request, answers with what it was told to, and closes.
private final class Peer: Sendable {
  let port: UInt16
  private let listener: ListeningSocket
  private let received = Mutex("")

  /// - Parameter answer: nil: says nothing, and keeps the connection.
  init(answering answer: String?, dripping: Bool = false) throws {
    listener = try ListeningSocket.group(at: SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0), count: 1, backlog: 8)[
      0]
    port = listener.address.port
    // Nobody answers: the kernel takes the connection, and the client waits.
    guard let answer else { return }
    DispatchQueue(label: "peer").async { [self] in serve(Array(answer.utf8), dripping: dripping) }
  }

  var request: String { received.withLock { $0 } }

  func url(_ target: String) -> String { "http://127.0.0.1:\(port)\(target)" }

  private func serve(_ answer: [UInt8], dripping: Bool) {
    while true {
      guard case .connection(let socket, peer: _) = listener.accept() else {
        usleep(1000)
        continue
      }
      var buffer = [UInt8](repeating: 0, count: 4096)
      var count = 0
      while !String(decoding: buffer[..<count], as: UTF8.self).hasSuffix("\r\n\r\n") {
        switch socket.stream.receive(into: &buffer, from: count) {
        case .bytes(let more): count += more
        case .wouldBlock: usleep(1000)
        case .endOfStream, .failed: return
        }
      }
      received.withLock { $0 = String(decoding: buffer[..<count], as: UTF8.self) }
      let step = dripping ? 1 : max(answer.count, 1)
      for start in stride(from: 0, to: answer.count, by: step) {
        guard case .bytes = socket.stream.send(Array(answer[start..<min(start + step, answer.count)])) else { return }
        if dripping { usleep(20_000) }
      }
      return
    }
  }
}
