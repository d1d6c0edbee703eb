import FuzzSupport
import HTTP

/// The head of a request: the bytes are the input of a connection from its start.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(start: UnsafePointer<UInt8>?, count: Int) -> Int32 {
  unsafe judge(start, count) { input, chance in
    // A used request, so that what an earlier head left in it would show.
    var request = used
    let whole = HeadOutcome(input.span, by: parser, into: &request)
    holdThatItIsKnownAgain(request, in: input, whole)
    holdTheSameForPrefixes(of: input, whole, &chance)
    holdThatLimitsOnlyRefuse(input, whole)
    guard case .head(let end) = whole else { return }
    holdTheRanges(of: request, in: input, end)
    holdTheLimits(of: request)
    if request.refusal == nil { holdPathPolicy(request) }
    holdTheFraming(of: request)
    holdThatItParsesBack(request)
  }
}

private let parser = RequestParser(limits: .init())
private let strictLimits = RequestParser.Limits(requestLineMax: 40, headerMax: 64, headerFieldsMax: 3, bodyMax: 100)
private let strictParser = RequestParser(limits: strictLimits)

private let used: Request = {
  var request = Request()
  let head = "POST http://b/%61?c HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n"
  hold(
    HeadOutcome([UInt8](head.utf8).span, by: parser, into: &request) == .head(head.utf8.count), "a good head is taken")
  request.body = [1, 2, 3]
  return request
}()

/// What was parsed is known again in the same bytes and in no others.
private func holdThatItIsKnownAgain(_ request: Request, in input: [UInt8], _ whole: HeadOutcome) {
  var (again, fresh) = (request, Request())
  again.body = [1, 2, 3]
  hold(HeadOutcome(input.span, by: parser, into: &again) == whole, "it has the same outcome again")
  guard case .head(let end) = whole else { return }
  hold(isSame(again, request), "it is the same request again")
  var other = input
  // The last byte of a value, where there is one.
  other[end - 5] ^= 1
  let outcome = HeadOutcome(other.span, by: parser, into: &again)
  hold(outcome == HeadOutcome(other.span, by: parser, into: &fresh), "another head has its own outcome")
  guard case .head = outcome else { return }
  hold(isSame(again, fresh), "another head is another request")
}

private func isSame(_ one: Request, _ other: Request) -> Bool {
  one.bytes == other.bytes && one.method == other.method && one.version == other.version && one.body == other.body
    && one.target.form == other.target.form && one.target.whole == other.target.whole
    && one.target.path == other.target.path && one.target.query == other.target.query
    && one.target.authority == other.target.authority && one.framing == other.framing
    && one.keepAlive == other.keepAlive && one.expectsContinue == other.expectsContinue && one.refusal == other.refusal
    && one.fields.lines.map { [$0.name, $0.value] } == other.fields.lines.map { [$0.name, $0.value] }
    && one.fields.lines.map(\.known) == other.fields.lines.map(\.known)
}

/// However the bytes are cut: a prefix is incomplete, or has the outcome of the whole, and then so has a longer one.
private func holdTheSameForPrefixes(of input: [UInt8], _ whole: HeadOutcome, _ chance: inout Chance) {
  guard !input.isEmpty else { return }
  var counts = [chance.upTo(input.count - 1), chance.upTo(input.count - 1), chance.upTo(input.count - 1)]
  if case .head(let end) = whole { counts += [end - 1, end] }
  var isDecided = false
  var prefix = Request()
  for count in counts.sorted() {
    let outcome = HeadOutcome(input.span.extracting(0..<count), by: parser, into: &prefix)
    hold(
      outcome == whole || outcome == .incomplete && !isDecided, "the first \(count) bytes are \(outcome), not \(whole)")
    isDecided = outcome != .incomplete
    if case .head(let end) = outcome { hold(count >= end, "a head ends within its input") }
    if case .head(let end) = whole, count >= end { hold(outcome == whole, "a whole head is taken") }
  }
}

/// Lower limits refuse more, for a limit, and change nothing else.
private func holdThatLimitsOnlyRefuse(_ input: [UInt8], _ whole: HeadOutcome) {
  var request = Request()
  let strict = HeadOutcome(input.span, by: strictParser, into: &request)
  switch strict {
  case whole, .refused(.requestLineTooLong), .refused(.headTooLarge), .refused(.tooManyFields),
    .refused(.contentTooLarge):
    break
  default: hold(false, "with lower limits \(whole) becomes \(strict)")
  }
  guard case .head = strict else { return }
  hold(request.target.whole.count + 10 < strictLimits.requestLineMax, "the request line is within its limit")
  hold(request.fields.lines.count <= strictLimits.headerFieldsMax, "the fields are within their limit")
  let lines = request.fields.lines.reduce(0) { $0 + $1.name.count + $1.value.count + 3 }
  hold(lines <= strictLimits.headerMax, "the header section is within its limit")
  if case .length(let length) = request.framing { hold(length <= strictLimits.bodyMax, "the body is within its limit") }
}

private func holdTheRanges(of request: Request, in input: [UInt8], _ end: Int) {
  let head = input[..<end].drop { $0 == 13 || $0 == 10 }
  hold(request.bytes.starts(with: head), "the head's bytes are kept as they were")
  hold(request.body.isEmpty, "a head has no body yet")
  let target = request.target
  hold(target.whole.upperBound <= head.count, "the target is within the head")
  let most: UInt8 = request.refusal == nil ? 0x7E : 0xFF
  hold(
    request.bytes[target.whole].allSatisfy { (0x21...most).contains($0) && $0 != 0x7F },
    "a target is visible ASCII, or refused")
  for part in [target.query, target.authority] {
    guard let part else { continue }
    hold(
      part.lowerBound >= target.whole.lowerBound && part.upperBound <= target.whole.upperBound,
      "query and authority are within the target")
  }
  hold(target.path.upperBound <= request.bytes.count, "the path is within the bytes")
  var position = target.whole.upperBound
  for line in request.fields.lines {
    hold(line.name.lowerBound >= position && !line.name.isEmpty, "names come in order and are not empty")
    hold(line.value.lowerBound > line.name.upperBound, "a value stands behind its name's colon")
    position = line.value.upperBound
    hold(position <= head.count - 4, "a field line is within the head")
    let value = request.bytes[line.value]
    hold(value.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 }, "a value has no control character")
    for end in [value.first, value.last] { hold(end != 0x20 && end != 9, "a value is trimmed") }
    hold(
      !request.bytes[line.name].contains { $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: ":") }, "a name is a token")
  }
}

private func holdTheLimits(of request: Request) {
  let limits = RequestParser.Limits()
  hold(request.target.whole.upperBound <= limits.requestLineMax, "the request line is within its limit")
  hold(request.fields.lines.count <= limits.headerFieldsMax, "the fields are within their limit")
}

/// What two readers could read differently is refused; what is left is told apart here by text.
private func holdTheFraming(of request: Request) {
  func values(_ name: String) -> [String] {
    request.fields.lines.filter { String(decoding: request.bytes[$0.name], as: UTF8.self).lowercased() == name }
      .map { String(decoding: request.bytes[$0.value], as: UTF8.self).lowercased() }
  }
  let (hosts, lengths, codings) = (values("host"), values("content-length"), values("transfer-encoding"))
  hold(hosts.count == 1 || hosts.isEmpty && request.version == .http10, "there is one Host")
  hold(lengths.isEmpty || codings.isEmpty, "there is a length or an encoding")
  switch request.framing {
  case .none: hold(codings.isEmpty && (lengths.isEmpty || lengths.count == 1 && Int(lengths[0]) == 0), "no body")
  case .length(let length): hold(codings.isEmpty && lengths.count == 1 && Int(lengths[0]) == length, "one length")
  case .chunked: hold(codings == ["chunked"] && request.version == .http11, "chunked and nothing else")
  }
  hold(!request.expectsContinue || request.framing != .none, "only a body waits for 100")
}

/// The same request, written as plainly as can be, is read as the same request.
private func holdThatItParsesBack(_ request: Request) {
  var rendered = Array(request.bytes[..<request.target.whole.upperBound])
  rendered += request.version == .http11 ? " HTTP/1.1\r\n".utf8 : " HTTP/1.0\r\n".utf8
  for line in request.fields.lines {
    rendered += request.bytes[line.name]
    rendered.append(UInt8(ascii: ":"))
    rendered += request.bytes[line.value]
    rendered += "\r\n".utf8
  }
  rendered += "\r\n".utf8
  var again = Request()
  hold(HeadOutcome(rendered.span, by: parser, into: &again) == .head(rendered.count), "it parses back")
  hold(again.method == request.method && again.version == request.version, "method and version are the same")
  hold(again.framing == request.framing && again.keepAlive == request.keepAlive, "framing is the same")
  hold(again.expectsContinue == request.expectsContinue, "the expectation is the same")
  hold(again.refusal == request.refusal, "it is refused for the same fault")
  hold(again.target.form == request.target.form && again.path == request.path, "the path is the same")
  hold(again.query == request.query && again.host == request.host, "query and host are the same")
  hold(again.fields.lines.map(\.known) == request.fields.lines.map(\.known), "the fields are the same")
}
