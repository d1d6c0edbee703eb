internal import Catalog
internal import HTTP
internal import HTTPServer
internal import Networking

/// `/debug/…`, to see what comes through a proxy and what it does with what comes back. Nothing of the process itself is
/// told, its environment least of all.
struct Diagnostics: Sendable {
  private static let path = "/debug/"
  private static let delayMillisecondsMax = 30_000
  private static let linesMax = 1000
  /// A line each, nanoseconds.
  private static let lineInterval: Int64 = 100_000_000
  private static let bytesMax = 10 << 20

  let alarm: Alarm

  var routes: [Route] {
    let echo = Handler.immediate(echo)
    return [
      Route(
        Self.path + "echo", body: .collected,
        [.get: echo, .post: echo, .put: echo, .patch: echo, .delete: echo, .query: echo]),
      Route(Self.path + "headers", [.get: .immediate { .current(["headers": Self.headers(of: $0)]) }]),
      Route(Self.path + "delay/{seconds}", [.get: .suspending(delay)]),
      Route(Self.path + "status/{code}", [.get: .immediate(status)]),
      Route(Self.path + "stream/{lines}", [.get: .delivering(stream)]),
      Route(Self.path + "bytes/{n}", [.get: .immediate(bytes)]),
    ]
  }

  private func echo(_ request: Request) -> Response {
    .current([
      "method": .string(request.method.name), "path": Self.text(request.rawPath),
      "query": request.query.map(Self.text) ?? .null, "version": .string(request.version == .http10 ? "1.0" : "1.1"),
      "headers": Self.headers(of: request), "body": Self.text(request.body[...]),
    ])
  }

  /// In their order: a name may be there twice.
  private static func headers(of request: Request) -> JSON {
    .array(
      request.fields.lines.map { line in
        ["name": text(request.bytes[line.name]), "value": text(request.bytes[line.value])]
      })
  }

  /// What is no UTF-8 is repaired.
  private static func text(_ bytes: ArraySlice<UInt8>) -> JSON { .string(String(decoding: bytes, as: UTF8.self)) }

  private func delay(_ request: Request) async -> Response {
    let range = 0...Self.delayMillisecondsMax
    guard let milliseconds = request.thousandths, range.contains(milliseconds) else {
      return request.refusal(of: "seconds", "must be a number from 0 to 30 with up to three decimals")
    }
    await alarm.sleep(until: Clock.monotonic + Int64(milliseconds) * 1_000_000)
    return .current(["delay": .seconds(nanoseconds: Int64(milliseconds) * 1_000_000)])
  }

  private func status(_ request: Request) -> Response {
    guard let code = request.wholeNumber, (200...599).contains(code) else {
      return request.refusal(of: "code", "must be a status code from 200 to 599")
    }
    return .current(["status": .integer(code)], Status(code: UInt16(code)))
  }

  private func stream(_ request: Request) async -> (Response, Delivery?) {
    guard let count = request.wholeNumber, (1...Self.linesMax).contains(count) else {
      return (request.refusal(of: "lines", "must be a whole number from 1 to \(Self.linesMax)"), nil)
    }
    let lines = (1...count).map { "line \($0) of \(count)\n" }.joined()
    let response = Response(.ok, contentType: "text/plain; charset=utf-8", body: Array(lines.utf8))
    return (response.adding(.cacheControl, "no-store"), .lines(every: Self.lineInterval))
  }

  private func bytes(_ request: Request) -> Response {
    guard let count = request.wholeNumber, (0...Self.bytesMax).contains(count) else {
      return request.refusal(of: "n", "must be a whole number from 0 to \(Self.bytesMax)")
    }
    let body = [UInt8](repeating: UInt8(ascii: "x"), count: count)
    return Response(.ok, contentType: "application/octet-stream", body: body).adding(.cacheControl, "no-store")
  }
}

extension Request {
  /// What stands behind the last slash.
  private var parameter: String {
    String(decoding: path[(path.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex)...].dropFirst(), as: UTF8.self)
  }

  /// Digits alone; nil for anything else.
  fileprivate var wholeNumber: Int? {
    let text = parameter
    return text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
  }

  /// A number with up to three decimals, times a thousand; nil for anything else.
  fileprivate var thousandths: Int? {
    let parts = parameter.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return nil }
    return JSON.number(parameter + "e3").integer
  }

  fileprivate func refusal(of name: String, _ rule: String) -> Response {
    let mistakes = [Problem.RequestMistake(.parameter(name), "\(rule), found \(quoted(parameter))")]
    return Problem.response(
      .badRequest, detail: "The path is not taken: \(Self.sentence(mistakes))", errors: mistakes,
      accept: values(of: .accept))
  }
}
