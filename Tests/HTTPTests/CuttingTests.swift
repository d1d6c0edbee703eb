import HTTP
import Testing

/// However the bytes are cut: a prefix is incomplete, or has the outcome of the whole.
@Suite struct CuttingTests {
  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\n\r\nGET /a%20b/c.d?e=%20f HTTP/1.1\r\nHost: [::1]:80\r\nAccept: */*\r\nConnection: close\r\n\r\n",
    "POST http://b/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
    "OPTIONS * HTTP/1.0\r\nX:\r\nY: \t\r\n\r\n",
    "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n",
    "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
  ])
  func aGoodHeadIsIncompleteUntilItsLastByte(input: String) {
    let input = bytes(input)
    for count in 0..<input.count { #expect(outcome(Array(input[..<count])) == .incomplete, "cut at \(count)") }
    #expect(outcome(input) == .head(input.count))
    #expect(outcome(input + bytes("\n\0more")) == .head(input.count))
  }

  @Test(arguments: [
    "\r\n\r\n\r\nGET / HTTP/1.1\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/2\r\n\r\n", "GET / HTTP/2x",
    "GET / HTTP/1\r\n",
    "GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\n\n", "GET / HTTP/1.1\r\rX", "GET / HTTP/1.1 \r\n", "GET  / HTTP/1.1\r\n",
    "GET /\r\n\r\n", "GET /é HTTP/1.1\r\n\r\n", "GET /%zz HTTP/1.1\r\n\r\n", "GET /.. HTTP/1.1\r\n\r\n",
    "GET * HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nA\r\n\r\n", "GET / HTTP/1.1\r\nA: \u{1}\r\n\r\n", "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST /%zz HTTP/1.1\r\nContent-Length: 5, 5\r\nTransfer-Encoding: gzip\r\nExpect: x\r\nB@d: 1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}", "\r\n\rGET",
    "THIS-METHOD-IS-FAR-TOO-LONG-FOR-US / HTTP/1.1\r\n\r\n",
  ])
  func aBadHeadIsIncompleteOrRefusedForTheSameFault(input: String) {
    expectOneRefusal(bytes(input), limits: .init())
  }

  @Test(arguments: [
    ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", RequestError.invalidTarget),
    ("\r\nPOST /é HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", .invalidTarget),
    ("GET /.. HTTP/1.0\r\n\r\n", .parentSegment), ("GET /?%00 HTTP/1.0\r\n\r\n", .escapedControl),
    ("GET / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", .expectationFailed),
  ])
  func aHeadWhoseRefusalIsNotedIsIncompleteUntilItsLastByte(input: String, error: RequestError) {
    let input = bytes(input)
    for count in 0..<input.count { #expect(outcome(Array(input[..<count])) == .incomplete, "cut at \(count)") }
    #expect(outcome(input) == .noted(error, input.count))
    #expect(outcome(input + bytes("\n\0more")) == .noted(error, input.count))
  }

  @Test(arguments: [
    ("GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\nHost: a\r\n\r\n", 20, 100),
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 13, 100), ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 9, 100),
    ("GET / HTTP/1.12\r\nHost: a\r\n\r\n", 14, 100), ("GETGET / HTTP/1.1\r\n\r\n", 3, 100), ("GET /\n", 5, 100),
    ("GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n", 50, 10), ("GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n", 50, 9),
    ("GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n", 50, 8), ("GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n", 50, 2),
    ("GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", 50, 7),
  ])
  func aHeadAboveALimitIsIncompleteOrRefusedForTheSameFault(input: String, lineMax: Int, headerMax: Int) {
    expectOneRefusal(bytes(input), limits: .init(requestLineMax: lineMax, headerMax: headerMax))
  }

  private func expectOneRefusal(_ input: [UInt8], limits: RequestParser.Limits) {
    let whole = outcome(input, limits: limits)
    guard case .refused = whole else {
      Issue.record("not refused: \(whole)")
      return
    }
    var wasRefused = false
    for count in 0...input.count {
      let outcome = outcome(Array(input[..<count]), limits: limits)
      if outcome == whole { wasRefused = true }
      #expect(outcome == (wasRefused ? whole : .incomplete), "cut at \(count)")
    }
  }
}
