internal import HTTP
internal import HTTPServer

/// `GET /healthz`: whether this process is alive, which means whether every loop is. Never asks a store or a network.
struct Health: Sendable {
  let watchdog: Watchdog

  func answer(_ request: Request) -> Response {
    let stuck = watchdog.stuckLoops
    let checks = watchdog.loopLabels.map { label in
      ProbeCheck(name: "loop \(label)", isPassed: !stuck.contains(label), note: stuck.contains(label) ? "is stuck" : "")
    }
    return ProbeAnswer(name: "healthz", checks: checks).response(to: request)
  }
}

/// `GET /readyz`: whether this instance wants traffic.
struct Ready: Sendable {
  let readiness: Readiness

  func answer(_ request: Request) -> Response {
    ProbeAnswer(name: "readyz", checks: readiness.checks).response(to: request)
  }
}

/// One line of a probe's verbose answer.
struct ProbeCheck: Sendable {
  let name: String
  let isPassed: Bool
  /// What more there is to say: since when, or why not.
  let note: String

  /// As Kubernetes' own components write it: `[+]store ok for 12 s`.
  var line: String {
    "[\(isPassed ? "+" : "-")]\(name) \(isPassed ? "ok" : "failed")\(note.isEmpty ? "" : ": \(note)")"
  }

  /// `loop http-0 is stuck`.
  var reason: String { note.isEmpty ? "\(name) failed" : "\(name) \(note)" }
}

/// The answer to a probe: 200 `ok`, or 503 with the reasons; `?verbose` lists every check.
struct ProbeAnswer: Sendable {
  private static let good = Response(.ok, contentType: "text/plain; charset=utf-8", body: Array("ok\n".utf8))
    .adding(.cacheControl, "no-store")

  let name: String
  let checks: [ProbeCheck]

  func response(to request: Request) -> Response {
    let failed = checks.filter { !$0.isPassed }
    if request.hasQueryItem("verbose") {
      let verdict = "\(name) check \(failed.isEmpty ? "passed" : "failed")"
      let text = (checks.map(\.line) + [verdict]).map { $0 + "\n" }.joined()
      return Response(
        failed.isEmpty ? .ok : .serviceUnavailable, contentType: "text/plain; charset=utf-8", body: Array(text.utf8)
      ).adding(.cacheControl, "no-store")
    }
    if failed.isEmpty { return Self.good }
    let reasons = failed.map(\.reason).joined(separator: "; ")
    return Problem.response(.serviceUnavailable, detail: reasons, accept: request.values(of: .accept))
  }
}
