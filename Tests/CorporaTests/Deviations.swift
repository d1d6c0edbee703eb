import Testing

/// Where we answer otherwise than a corpus has it, and the law for it. What is not listed fails the tests, and so does
/// what is listed and no longer happens.
struct Deviation {
  let corpus: String
  /// What happens here instead.
  let here: String
  let section: String
  let reason: String
  let cases: [String]
}

enum Deviations {
  static let all: [Deviation] = [
    // Http11Probe: what a scored case does not count as a pass.
    Deviation(
      corpus: "http11probe.jsonl", here: "413", section: "RFC 9110 §15.5.14",
      reason: "A well-formed length above the limit is too large, not malformed, however many digits it has.",
      cases: ["MAL-CL-OVERFLOW", "MAL-POST-CL-HUGE-NO-BODY"]),
    Deviation(
      corpus: "http11probe.jsonl", here: "200", section: "RFC 9112 §2.2",
      reason: "A server SHOULD ignore an empty line before the request line.", cases: ["COMP-LEADING-CRLF"]),
    Deviation(
      corpus: "http11probe.jsonl", here: "200", section: "RFC 9110 §8.6",
      reason: "Content-Length is 1*DIGIT: leading zeros are decimal, and no two readers differ.",
      cases: ["SMUG-CL-LEADING-ZEROS", "SMUG-CL-LEADING-ZEROS-OCTAL", "SMUG-CL-DOUBLE-ZERO"]),
    Deviation(
      corpus: "http11probe.jsonl", here: "200", section: "RFC 9112 §5.1",
      reason: "White space around a value is no part of it.",
      cases: ["SMUG-CL-TRAILING-SPACE", "SMUG-CL-EXTRA-LEADING-SP", "MAL-CL-TAB-BEFORE-VALUE"]),
    Deviation(
      corpus: "http11probe.jsonl", here: "200", section: "RFC 9110 §5.3, §8.3",
      reason: "A second Content-Type steers nothing here; only fields that do are refused when they come twice.",
      cases: ["COMP-DUPLICATE-CT"]),
    Deviation(
      corpus: "http11probe.jsonl", here: "200", section: "RFC 9110 §7.8",
      reason: "A server MAY ignore Upgrade, and then ignores its version too.", cases: ["COMP-UPGRADE-INVALID-VER"]),

    // smuggler: mutations that make it really another field; the request is the one by Content-Length.
    Deviation(
      corpus: "smuggler-te-mutations.jsonl", here: "200", section: "RFC 9110 §5.1",
      reason: "Another valid field name is another field, and unknown ones are ignored.",
      cases: ["smuggler/exhaustive/underjoin1", "smuggler/exhaustive/contentEnc"]),
    Deviation(
      corpus: "smuggler-te-mutations.jsonl", here: "200", section: "RFC 9110 §5.5",
      reason: "The text is the value of a field X: a space, a tab and bytes beyond ASCII are field content.",
      cases: [
        "smuggler/default/xprespace-09", "smuggler/default/xprespace-20", "smuggler/default/xprespace-a0",
        "smuggler/default/xprespace-ff",
      ]),

    // Go's net/http
    Deviation(
      corpus: "go-nethttp.jsonl", here: "400", section: "RFC 9112 §2.3, §3",
      reason: "HTTP/0.9 had no version in its request line: with one it is malformed.", cases: ["go/host/0"]),
    Deviation(
      corpus: "go-nethttp.jsonl", here: "400", section: "RFC 9110 §4.2.1",
      reason: "http has no empty host.", cases: ["go/host/2"]),
    Deviation(
      corpus: "go-nethttp.jsonl", here: "400", section: "RFC 3986 §3.2.2",
      reason: "An IPv6 address stands in brackets, and a zone has no place between them.",
      cases: ["go/host/7", "go/host/10"]),
    Deviation(
      corpus: "go-nethttp.jsonl", here: "505", section: "RFC 9110 §15.6.6",
      reason: "HTTP/2 with prior knowledge is not spoken here.", cases: ["go/host/20"]),
    Deviation(
      corpus: "go-nethttp.jsonl", here: "400", section: "RFC 9112 §3.2",
      reason: "CONNECT needs Host as any HTTP/1.1 request.", cases: ["go/host/21"]),

    // llhttp, strict. That it does not ask for Host is told in LlhttpTests.
    Deviation(
      corpus: "llhttp-requests.jsonl", here: "malformedVersion", section: "RFC 9110 §7.8",
      reason: "A server MAY ignore Upgrade: what follows is read as the next request, and here is none.",
      cases: ["llhttp/connection/10", "llhttp/connection/16", "llhttp/connection/17"]),
    Deviation(
      corpus: "llhttp-requests.jsonl", here: "accepted", section: "RFC 9112 §9.6",
      reason: "What follows the last request of a connection is not read, and so not refused.",
      cases: ["llhttp/connection/3"]),
    Deviation(
      corpus: "llhttp-requests.jsonl", here: "accepted", section: "RFC 9110 §9.1",
      reason: "Any token may be a method: the answer is 501.", cases: ["llhttp/invalid/4", "llhttp/invalid/14"]),
    Deviation(
      corpus: "llhttp-requests.jsonl", here: "malformedVersion", section: "RFC 9112 §2.3",
      reason: "RTSP and ICE are not HTTP.",
      cases: ["llhttp/method/12", "llhttp/method/13", "llhttp/method/14"]),
    Deviation(
      corpus: "llhttp-requests.jsonl", here: "asteriskWithoutOptions", section: "RFC 9112 §3.2.4",
      reason: "The asterisk form is for OPTIONS only.", cases: ["llhttp/method/5", "llhttp/method/15"]),
    Deviation(
      corpus: "llhttp-requests.jsonl", here: "malformedRequestLine", section: "RFC 9112 §3",
      reason: "A request line without a version is HTTP/0.9.", cases: ["llhttp/sample/10"]),
    Deviation(
      corpus: "llhttp-requests.jsonl", here: "invalidTarget", section: "RFC 3986 §3.3, §3.4, RFC 9112 §3.2",
      reason: "Quotes, a bar and a fragment are in no request target.",
      cases: [
        "llhttp/uri/1", "llhttp/uri/5", "llhttp/uri/8", "llhttp/transfer-encoding/20", "llhttp/transfer-encoding/21",
      ]),
    Deviation(
      corpus: "llhttp-requests.jsonl", here: "invalidTarget", section: "RFC 9110 §4.2.4",
      reason: "Userinfo in a target is an error.", cases: ["llhttp/uri/10"]),
  ]

  /// Compares what a replay found, by case, with what is listed.
  static func expect(_ found: [String: String], of corpus: String) {
    var listed: [String: String] = [:]
    for deviation in all where deviation.corpus == corpus {
      for id in deviation.cases { listed[id] = deviation.here }
    }
    for (id, here) in found.sorted(by: { $0.key < $1.key }) where listed[id] != here {
      Issue.record("\(corpus): \(id) deviates: \(here), not listed so")
    }
    for id in listed.keys.sorted() where found[id] == nil {
      Issue.record("\(corpus): \(id) is listed as a deviation and is none")
    }
  }
}
