import HTTP
import Testing

/// What the parser makes of some bytes.
enum Outcome: Equatable {
  /// A head of so many bytes.
  case head(Int)
  case incomplete
  /// Nobody knows where the next request begins.
  case refused(RequestError)
  /// The same head of so many bytes, which `Request.refusal` says is refused.
  case noted(RequestError, Int)
}

func outcome(_ input: [UInt8], limits: RequestParser.Limits = .init()) -> Outcome {
  var request = Request()
  do throws(RequestError) {
    guard let count = try RequestParser(limits: limits).parse(input.span, into: &request) else { return .incomplete }
    return request.refusal.map { .noted($0, count) } ?? .head(count)
  } catch {
    return .refused(error)
  }
}

func outcome(_ input: String) -> Outcome { outcome([UInt8](input.utf8)) }

/// What the parser makes of a head with these lines, each of which gets its CRLF, and the empty line.
func outcome(lines: String...) -> Outcome { outcome(head(lines)) }

func head(_ lines: [String]) -> String { lines.map { $0 + "\r\n" }.joined() + "\r\n" }

/// The request with these lines, which the parser must take.
func request(_ lines: String...) throws -> Request {
  var request = Request()
  let input = [UInt8](head(lines).utf8)
  let count = try RequestParser(limits: .init()).parse(input.span, into: &request)
  try #require(count == input.count)
  return request
}

func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

func slices(_ values: String...) -> [ArraySlice<UInt8>] { values.map { [UInt8]($0.utf8)[...] } }
