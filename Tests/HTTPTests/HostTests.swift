import HTTP
import Testing

@Suite struct HostTests {
  @Test(arguments: [
    "localhost", "localhost:", "localhost:8080", "a:0", "a:65535", "a:00080", "EXAMPLE.com", "example.com.",
    "foo-bar_baz.com", "1.2.3.4:80", "a%20b", "0.0.0.0=5000", "[::]", "[::1]", "[::1]:80", "[::1]:", "[1::]",
    "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7::]", "[::ffff:12.30.67.89]", "[1:2:3:4:5:6:1.2.3.4]",
    "[ABCD::ef98:0:7654:321]",
  ])
  func takesAHostWithAnOptionalPort(host: String) {
    for version in ["1.0", "1.1"] {
      #expect(outcome(lines: "GET / HTTP/\(version)", "Host: \(host)") != .refused(.invalidHost))
    }
  }

  @Test(arguments: [
    "", " ", "user@a", "user:p@a", "a/b", "a b", "a, b", "a:x", "a:65536", "a:99999999999999999999", "a:1:2", "a:-1",
    ":80", "::1", ".", "..a", "a..b", "a..", "a#", "a?", "a\\b", "{", "}", "é", "%", "%4", "a%zz", "[", "]", "[]",
    "[::1", "[:::]", "[1]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]", "[1::2::3]", "[12345::]",
    "[::1].", "[::1]x", "x[::1]", "[:1]", "[1:]", "[::1.2.3]", "[::1.2.3.256]", "[::01.2.3.4]", "[::1.2.3.4.5]",
    "[::1.2.3.4:1]", "[1:2:3:4:5:6:7:1.2.3.4]", "[v1.a]", "[::1%25en0]", "[::g]",
  ])
  func refusesWhatIsNoHost(host: String) {
    for version in ["1.0", "1.1"] {
      #expect(outcome(lines: "GET / HTTP/\(version)", "Host: \(host)") == .refused(.invalidHost))
    }
  }

  @Test func demandsExactlyOneHost() {
    #expect(outcome(lines: "GET / HTTP/1.1") == .refused(.missingHost))
    #expect(outcome(lines: "GET http://a/ HTTP/1.1") == .refused(.missingHost))
    #expect(outcome(lines: "GET / HTTP/1.2", "Accept: */*") == .refused(.missingHost))
    for version in ["1.0", "1.1"] {
      #expect(outcome(lines: "GET / HTTP/\(version)", "Host: a", "Host: b") == .refused(.duplicateHost))
      #expect(outcome(lines: "GET / HTTP/\(version)", "Host: a", "A: b", "host: a") == .refused(.duplicateHost))
      #expect(outcome(lines: "GET / HTTP/\(version)", "Host: a", "Host: a", "Host: a") == .refused(.duplicateHost))
    }
  }

  @Test func doesWithoutHostOnHTTP10() {
    #expect(outcome("GET / HTTP/1.0\r\n\r\n") == .head(18))
  }

  @Test func refusesEveryFaultWith400() {
    for error in [RequestError.missingHost, .duplicateHost, .invalidHost] { #expect(error.status == .badRequest) }
  }
}
