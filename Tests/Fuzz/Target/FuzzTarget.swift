import FuzzSupport
import HTTP

/// The target of a request, whatever its form; and the same bytes as a Host.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(start: UnsafePointer<UInt8>?, count: Int) -> Int32 {
  unsafe judge(start, count) { input, _ in
    // It would end its line, and the rest be lines of its own.
    guard !input.contains(0x0D), !input.contains(0x0A) else { return }
    holdTheOriginForm(input)
    holdTheOtherForms(input)
    holdTheHost(input)
  }
}

private let parser = RequestParser(limits: .init())

/// The request for `target`; nil where it is refused.
private func request(_ target: [UInt8], method: String = "GET", host: [UInt8] = [0x61]) -> Request? {
  let input = [UInt8](method.utf8) + [0x20] + target + " HTTP/1.1\r\nHost: ".utf8 + host + "\r\n\r\n".utf8
  var request = Request()
  guard case .head(input.count) = HeadOutcome(input.span, by: parser, into: &request) else { return nil }
  return request.refusal == nil ? request : nil
}

/// The parser takes what the grammar and our policy allow, and nothing else; the decoded path is what it stands for.
private func holdTheOriginForm(_ target: [UInt8]) {
  guard target.first == UInt8(ascii: "/") else { return }
  let request = request(target)
  let reference = ReferenceTarget(target)
  hold((request != nil) == (reference != nil), "\(request == nil ? "refused" : "taken") as the reference would not")
  guard let request, let reference else { return }
  holdPathPolicy(request)
  hold(request.path.elementsEqual(reference.path), "the path is decoded as the reference decodes it")
  hold(request.query.map(Array.init) == reference.query, "the query is what follows the first question mark")
  hold(request.rawPath.elementsEqual(target.prefix { $0 != UInt8(ascii: "?") }), "the raw path is as it was sent")
  holdTheQueryItem(request)
  holdThatSpellingsAgree(request)
}

/// However a path is spelled, it is the same path; and so it is behind an authority.
private func holdThatSpellingsAgree(_ first: Request) {
  let path = Array(first.path)
  let query = first.query.map { [UInt8(ascii: "?")] + $0 } ?? []
  let escaped = reescaped(path)
  if escaped.count + query.count < RequestParser.Limits().requestLineMax - 100 {
    let again = request(escaped + query)
    hold(again?.path.elementsEqual(path) == true, "an escaped path parses back")
    let absolute = request([UInt8]("HTTP://b:80".utf8) + escaped + query)
    hold(absolute?.path.elementsEqual(path) == true, "the absolute form has the same path")
    hold(absolute?.query == first.query && absolute?.host?.elementsEqual("b:80".utf8) == true, "and its own host")
  }
}

/// Every byte escaped, but for slashes, and for the escapes that the decoded path keeps.
private func reescaped(_ path: [UInt8]) -> [UInt8] {
  var escaped: [UInt8] = []
  var rest = path[...]
  while let byte = rest.first {
    let isKept = byte == UInt8(ascii: "/") || byte == UInt8(ascii: "%")
    escaped +=
      isKept
      ? Array(rest.prefix(byte == UInt8(ascii: "%") ? 3 : 1))
      : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    rest = rest.dropFirst(byte == UInt8(ascii: "%") ? 3 : 1)
  }
  return escaped
}

private let digits = [UInt8]("0123456789ABCDEF".utf8)

private func holdTheQueryItem(_ request: Request) {
  guard let query = request.query else { return hold(!request.hasQueryItem("a"), "no query has no item") }
  let items = query.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
  let item = items.first { formDecoded($0.prefix { $0 != UInt8(ascii: "=") }) == [0x61] }
  let value = item.map { formDecoded($0.drop { $0 != UInt8(ascii: "=") }.dropFirst()) }
  let found = request.queryItems.first { $0.name == [0x61] }
  hold(found?.value == value, "the first item of a name is found and decoded")
  hold(request.hasQueryItem("a") == (found != nil), "an item that is found is there")
}

private func formDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  unescaped(bytes.map { $0 == UInt8(ascii: "+") ? 0x20 : $0 })
}

private func holdTheOtherForms(_ target: [UInt8]) {
  for method in ["OPTIONS", "CONNECT", "GET"] {
    guard let request = request(target, method: method) else { continue }
    holdPathPolicy(request)
    switch request.target.form {
    case .origin: hold(target[0] == UInt8(ascii: "/") && method != "CONNECT", "the origin form begins with a slash")
    case .asterisk: hold(target == [UInt8(ascii: "*")] && method == "OPTIONS", "the asterisk is for OPTIONS")
    case .absolute:
      hold(method != "CONNECT" && request.target.authority?.isEmpty == false, "the absolute form has a host")
    case .authority:
      hold(method == "CONNECT" && target.contains(UInt8(ascii: ":")), "the authority form is for CONNECT")
    }
    if let authority = request.target.authority, let address = bracketed(Array(request.bytes[authority])) {
      hold(isIPv6Address(address), "an address in brackets is one")
    }
  }
}

private func holdTheHost(_ host: [UInt8]) {
  let isTaken = request([UInt8(ascii: "/")], host: host) != nil
  if isTaken {
    let host = host.filter { $0 != 0x20 && $0 != 0x09 }
    hold(!host.isEmpty && host.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a host is visible ASCII")
    hold(!host.contains { "/?#@\\\"<>{}|^`".utf8.contains($0) }, "a host holds no delimiter")
  }
  if let address = bracketed(host), host.count == address.count + 2 {
    hold(isTaken == isIPv6Address(address), "an address in brackets is taken when inet_pton takes it")
  }
}

/// What stands between the brackets at the start.
private func bracketed(_ host: [UInt8]) -> [UInt8]? {
  guard host.first == UInt8(ascii: "["), let end = host.firstIndex(of: UInt8(ascii: "]")) else { return nil }
  return Array(host[1..<end])
}
