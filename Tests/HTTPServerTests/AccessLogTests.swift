import Foundation
import HTTP
import Networking
import Testing

@testable import HTTPServer

@Suite struct AccessLogTests {
  private static func log(isJSON: Bool = true, proxies: [String] = []) -> AccessLog {
    AccessLog(isJSON: isJSON, scope: [.service], trustedProxies: proxies.compactMap { IPNetwork($0) }) { _, _ in }
  }

  private static func line(
    _ request: Request, isJSON: Bool = true, isProbe: Bool = false, peer: String = "192.0.2.7", proxies: [String] = [],
    duration: Int64 = 1_234_567, count: Int = 200, id: String = "abc", subject: String? = nil,
    after output: String = ""
  ) throws -> String {
    let answered = Answered(
      method: request.method, route: 0, status: .ok, requestBytes: 100, responseBytes: 300, bodyBytes: count,
      duration: duration)
    var bytes = Array(output.utf8)
    var calendar = HTTPServer.Calendar(fields: [:]) { 784_111_777_050_000_000 }
    calendar.turn(to: 0)
    log(isJSON: isJSON, proxies: proxies).append(
      answered, request, route: "/items/{id}", isProbe: isProbe,
      peer: SocketAddress(try #require(IPAddress(peer)), port: 4711), subject: subject.map { Array($0.utf8) },
      requestID: Array(id.utf8), at: 0, by: calendar, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func object(_ line: String) throws -> [String: Any] {
    #expect(line.hasSuffix("}\n"))
    #expect(line.utf8.count { $0 == 10 } == 1)
    return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  @Test func namesTheSubjectOfTheClientsCertificate() throws {
    let subject = #"CN="a\,b",O=Example"#
    #expect(
      try Self.object(try Self.line(try request("GET / HTTP/1.1"), subject: subject))["clientSubject"] as? String
        == subject)
    #expect(try Self.object(try Self.line(try request("GET / HTTP/1.1")))["clientSubject"] == nil)
  }

  @Test func aLineIsAJSONObjectThatParsesBack() throws {
    let fields = [
      "Host: a", "User-Agent: curl/8", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ]
    let object = try Self.object(try Self.line(try request("GET /items/1?secret=2 HTTP/1.1", fields)))
    #expect(object["time"] as? String == "1994-11-06T08:49:37.050Z")
    #expect(object["level"] as? String == "info")
    #expect(object["message"] as? String == "request")
    #expect(object["method"] as? String == "GET")
    #expect(object["path"] as? String == "/items/1")
    #expect(object["route"] as? String == "/items/{id}")
    #expect(object["status"] as? Int == 200)
    #expect(object["bytes"] as? Int == 200)
    #expect(object["duration"] as? Double == 0.001234)
    #expect(object["client"] as? String == "192.0.2.7")
    #expect(object["requestId"] as? String == "abc")
    #expect(object["traceId"] as? String == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(object["userAgent"] as? String == "curl/8")
    #expect(object.count == 13)
  }

  @Test func aRequestThatCouldNotBeParsedHasALineToo() throws {
    let object = try Self.object(try Self.line(Request()))
    #expect(object["method"] as? String == "other")
    #expect(object["path"] == nil)
    #expect(object["userAgent"] == nil)
    #expect(object["client"] as? String == "192.0.2.7")
  }

  @Test func linesFollowEachOther() throws {
    let line = try Self.line(Request())
    #expect(try Self.line(Request(), after: "first\n") == "first\n" + line)
  }

  @Test func probesAreDebug() throws {
    #expect(try Self.object(try Self.line(Request(), isProbe: true))["level"] as? String == "debug")
  }

  @Test func theTextFormIsOneLineOfPairs() throws {
    let line = try Self.line(try request("GET /items/1 HTTP/1.1", ["Host: a", "User-Agent: a \"b\""]), isJSON: false)
    #expect(
      line == "1994-11-06T08:49:37.050Z info  request method=\"GET\" path=\"/items/1\" route=\"/items/{id}\" status=200"
        + " bytes=200 duration=0.001234 client=\"192.0.2.7\" requestId=\"abc\" userAgent=\"a \\\"b\\\"\"\n")
  }

  // MARK: Whatever a client sent

  @Test func escapesEveryByteThatAFieldCanHold() throws {
    for byte in UInt8.min...UInt8.max where byte == 9 || (byte >= 0x20 && byte != 0x7f) {
      var head = Array("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a".utf8)
      head += [byte] + Array("b\r\n\r\n".utf8)
      var request = Request()
      let count = try RequestParser(limits: .init()).parse(head.span, into: &request)
      try #require(count == head.count)
      let line = try Self.line(request)
      #expect(line.utf8.allSatisfy { $0 == 10 || (0x20...0x7e).contains($0) }, "\(byte)")
      // Latin-1: the code point is the byte.
      #expect(try Self.object(line)["userAgent"] as? String == "a\(Character(Unicode.Scalar(byte)))b")
    }
  }

  @Test func noTargetBreaksALine() throws {
    for target in ["/%22%5C%7D", "/a%22b?\u{27}", "/\u{27}!$&()*+,;=:@~", "http://a/%20", "*"] {
      let request = try request("OPTIONS \(target) HTTP/1.1")
      let object = try Self.object(try Self.line(request))
      #expect(object["path"] as? String == String(decoding: request.rawPath, as: UTF8.self))
    }
  }

  @Test func longPathsAndAgentsAreCut() throws {
    let long = String(repeating: "x", count: 3000)
    let object = try Self.object(
      try Self.line(try request("GET /\(long) HTTP/1.1", ["Host: a", "User-Agent: \(long)"])))
    #expect((object["path"] as? String)?.utf8.count == 256)
    #expect((object["userAgent"] as? String)?.utf8.count == 256)
  }

  /// The line's room is reckoned before it is written: more than that would end the process.
  @Test(arguments: [true, false])
  func theLongestLineHasRoom(isJSON: Bool) throws {
    var head = Array("OPTIONS /\(String(repeating: "x", count: 3000)) HTTP/1.1\r\nHost: a\r\nUser-Agent: ".utf8)
    head += [UInt8](repeating: 0xff, count: 3000)
    head += Array("\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n".utf8)
    var request = Request()
    let count = try RequestParser(limits: .init()).parse(head.span, into: &request)
    try #require(count == head.count)
    let line = try Self.line(
      request, isJSON: isJSON, isProbe: true, peer: "1111:2222:3333:4444:5555:6666:7777:8888", duration: .max,
      count: .max, id: String(repeating: "i", count: 128))
    #expect(line.utf8.count > 256 + 6 * 256 + 128)
    if isJSON { #expect(try Self.object(line)["requestId"] as? String == String(repeating: "i", count: 128)) }
  }

  @Test(arguments: [(0, 0.0), (999, 0.0), (1000, 0.000001), (1_999_999_999, 1.999999), (-5, 0.0)] as [(Int64, Double)])
  func theDurationIsInSecondsWithSixDecimals(nanoseconds: Int64, seconds: Double) throws {
    #expect(try Self.object(try Self.line(Request(), duration: nanoseconds))["duration"] as? Double == seconds)
  }

  @Test(arguments: [
    "", "00-4bf92f3577b34da6a3ce929d0e0e4736", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
  ])
  func anInvalidTraceIsLeftOut(value: String) throws {
    let object = try Self.object(try Self.line(try request("GET / HTTP/1.1", ["Host: a", "traceparent: \(value)"])))
    #expect(object["traceId"] == nil)
  }

  // MARK: The client behind proxies

  @Test(
    arguments: [
      // Nobody is trusted: what the peer says is only what it says.
      ("192.0.2.7", [], ["X-Forwarded-For: 198.51.100.1"], "192.0.2.7"),
      ("192.0.2.7", ["10.0.0.0/8"], ["X-Forwarded-For: 198.51.100.1"], "192.0.2.7"),
      ("10.0.0.1", ["10.0.0.0/8"], [], "10.0.0.1"),
      ("10.0.0.1", ["10.0.0.0/8"], ["X-Forwarded-For: 198.51.100.1"], "198.51.100.1"),
      ("10.0.0.1", ["10.0.0.0/8"], ["X-Forwarded-For:198.51.100.1 ,\t10.0.0.2"], "198.51.100.1"),
      // What stands left of the first untrusted address was written by it.
      ("10.0.0.1", ["10.0.0.0/8"], ["X-Forwarded-For: 1.1.1.1, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
      (
        "10.0.0.1", ["10.0.0.0/8"], ["X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 198.51.100.1, 10.0.0.2"],
        "198.51.100.1"
      ),
      ("10.0.0.1", ["10.0.0.0/8"], ["X-Forwarded-For: 10.0.0.3, 10.0.0.2"], "10.0.0.3"),
      ("10.0.0.1", ["10.0.0.0/8"], ["X-Forwarded-For: 198.51.100.1, unknown"], "10.0.0.1"),
      ("10.0.0.1", ["10.0.0.0/8"], ["X-Forwarded-For: 198.51.100.1, garbage, 10.0.0.2"], "10.0.0.2"),
      ("10.0.0.1", ["10.0.0.0/8"], ["X-Forwarded-For: "], "10.0.0.1"),
      ("10.0.0.1", ["10.0.0.0/8"], ["X-Forwarded-For: ,,"], "10.0.0.1"),
      ("10.0.0.1", ["10.0.0.0/8", "fd00::/8"], ["X-Forwarded-For: 2001:db8::1, fd00::2"], "2001:db8::1"),
      ("::ffff:10.0.0.1", ["10.0.0.1"], ["X-Forwarded-For: ::ffff:198.51.100.1"], "198.51.100.1"),
    ] as [(String, [String], [String], String)])
  func theClientIsTheLastAddressThatIsNoTrustedProxy(
    peer: String, proxies: [String], fields: [String], client: String
  ) throws {
    let request = try request("GET / HTTP/1.1", ["Host: a"] + fields)
    #expect(try Self.object(try Self.line(request, peer: peer, proxies: proxies))["client"] as? String == client)
  }
}
