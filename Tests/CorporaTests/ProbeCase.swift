import FoundationEssentials
import TestSupport

/// A case of Http11Probe and how it is judged.
struct ProbeCase: Decodable, Sendable {
  static let corpus = "http11probe.jsonl"

  enum Verdict: String, Decodable, Sendable { case pass = "Pass", warn = "Warn", fail = "Fail" }

  struct Step: Decodable, Sendable {
    struct Part: Decodable, Sendable { let b64: Data }
    /// Absent where the step depends on the answer before it.
    let parts: [Part]?
  }

  /// The verdict on a status that depends on more than the status.
  struct Conditional: Decodable, Sendable {
    let status: Int
    let plainOpen: Verdict
    let plainClosed: Verdict
    let withHeadersAndBodyOK: Verdict
  }

  struct NoResponse: Decodable, Sendable { let timedOut: Verdict }

  let id: String
  let scored: Bool
  let request: Data?
  let steps: [Step]?
  let pass: [Int]?
  let warn: [Int]?
  let conditional: [Conditional]?
  let noResponse: NoResponse?

  enum CodingKeys: String, CodingKey {
    case id, scored, steps, pass, warn, conditional, noResponse
    case request = "request_b64"
  }

  /// The steps in one: a server that takes them apart wrongly does so all the more.
  var bytes: [UInt8] {
    if let request { return [UInt8](request) }
    return (steps ?? []).flatMap { $0.parts ?? [] }.flatMap { [UInt8]($0.b64) }
  }

  func verdict(on replayed: Replayed) -> Verdict {
    guard let response = replayed.responses.first else { return noResponse?.timedOut ?? .pass }
    guard steps == nil else { return verdictOnSteps(replayed) }
    if let conditional = conditional?.first(where: { $0.status == response.status }) {
      if hasWhatIsAskedFor(response) { return conditional.withHeadersAndBodyOK }
      return response.closes ? conditional.plainClosed : conditional.plainOpen
    }
    if pass?.contains(response.status) == true { return .pass }
    return warn?.contains(response.status) == true ? .warn : .fail
  }

  /// `400, or close`, and no answer behind it: what all scored dialogues expect.
  private func verdictOnSteps(_ replayed: Replayed) -> Verdict {
    guard replayed.responses.count == 1, replayed.responses[0].closes else { return .fail }
    return replayed.status == 400 ? .pass : .warn
  }

  /// What a case looks for in the response beside the status.
  private func hasWhatIsAskedFor(_ response: RawResponse) -> Bool {
    switch id {
    case "COMP-POST-CL-BODY", "COMP-CHUNKED-BODY", "COMP-CHUNKED-EXTENSION", "COMP-CHUNKED-TRAILER-VALID":
      response.text == "hello"
    case "COMP-CHUNKED-MULTI": response.text == "hello world"
    case "COMP-CHUNKED-HEX-UPPERCASE": response.text == "helloworld"
    case "COMP-405-ALLOW", "COMP-OPTIONS-ALLOW": response.has("Allow")
    case "COMP-DATE-HEADER", "COMP-DATE-FORMAT": response["Date"]?.hasSuffix(" GMT") == true
    case "COMP-CONTENT-TYPE": response.has("Content-Type")
    // RFC 9110 §8.6 forbids it; `RawResponse` refuses it too.
    case "COMP-NO-CL-IN-204": response.has("Content-Length")
    // A body behind the head would be no response: the replay fails.
    default: false
    }
  }
}
