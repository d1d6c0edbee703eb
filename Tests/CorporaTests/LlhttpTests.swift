import HTTP
import TestSupport
import Testing

/// llhttp's suite, on the level of the parser: what it accepts in strict mode and what it refuses.
@Suite(.enabled(if: Corpora.areThere, Corpora.areMissing)) struct LlhttpTests {
  private static let corpus = "llhttp-requests.jsonl"

  @Test func acceptsAndRefusesAsLlhttpDoes() async throws {
    let cases = try await Corpora.cases(Self.corpus, of: WireCase.self).filter { $0.type == "request" }
    #expect(cases.count == 131)
    var found: [String: String] = [:]
    var (accepted, withoutHost) = (0, 0)
    let streams = try await inLanes(cases) { wanted in
      let stream = RequestStream(Self.restored(wanted)[...])
      // llhttp does not look for Host, which RFC 9112 §3.2 demands: one deviation, and a second look with it.
      guard stream.end == .refused(.missingHost) else { return (stream, isAsGiven: true) }
      return (RequestStream(Self.withHost(Self.restored(wanted))[...]), isAsGiven: false)
    }
    for (wanted, (stream, isAsGiven)) in zip(cases, streams) {
      if !isAsGiven { withoutHost += 1 }
      let isAccepted = !Self.isRefused(stream)
      if isAccepted { accepted += 1 }
      if isAccepted != (wanted.expect == "accept") { found[wanted.id] = Self.outcome(of: stream) }
    }
    Corpora.report(
      Self.corpus, accepted: accepted, refused: cases.count - accepted, deviations: found.count,
      "\(withoutHost) judged with a Host added, for want of which all are refused (RFC 9112 §3.2)")
    Deviations.expect(found, of: Self.corpus)
  }

  private static func isRefused(_ stream: RequestStream) -> Bool {
    if case .refused = stream.end { return true }
    return stream.messages.contains { $0.refusal != nil }
  }

  private static func outcome(of stream: RequestStream) -> String {
    if let refusal = stream.messages.compactMap(\.refusal).first { return "\(refusal)" }
    return if case .refused(let error) = stream.end { "\(error)" } else { "accepted" }
  }

  /// The CRLF at the end that the inputs lost on the way into the corpus, as the offsets of their logs show. A refused
  /// head is ended too: llhttp refuses within a field, we behind it or behind the head.
  private static func restored(_ wanted: WireCase) -> [UInt8] {
    let bytes = wanted.bytes
    if wanted.expect == "reject" { return bytes + Array("\r\n\r\n".utf8) }
    return bytes.suffix(2).elementsEqual([13, 10]) ? bytes + [13, 10] : bytes
  }

  /// Adds a Host line to each request line.
  private static func withHost(_ bytes: [UInt8]) -> [UInt8] {
    let version = Array(" HTTP/1.1\r\n".utf8)
    var result: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      result.append(byte)
      if result.count >= version.count, index >= version.count - 1, result.suffix(version.count).elementsEqual(version)
      {
        result += Array("Host: a\r\n".utf8)
      }
    }
    return result
  }
}
