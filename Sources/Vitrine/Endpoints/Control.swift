internal import Catalog
internal import HTTP
internal import HTTPServer
internal import Networking

/// `POST /readyz/disable` and `/readyz/enable`, for those who have a token, and `GET /control`, which tells of all that
/// is switched.
struct Control: Sendable {
  /// A day: longer is no pause.
  private static let millisecondsMax = 86_400_000
  private static let reasonCharactersMax = 200

  let switches: OperatorSwitches
  let drain: DrainSignal
  /// Nil: none can be made.
  let faults: Faults?
  let diagnostics: Bool
  let access: WriteAccess

  var routes: [Route] {
    [
      Route("/readyz/disable", purpose: .control, [.post: .admitting(refusal, disable)]),
      Route("/readyz/enable", purpose: .control, [.post: .admitting(refusal, enable)]),
      Route("/control", purpose: .control, [.get: .immediate { _ in .current(state) }]),
    ]
  }

  private func refusal(_ request: Request) -> Response? {
    access.refusal(of: request) ?? (request.framing == .none ? nil : request.refusalOfContentType)
  }

  /// The body may be left out, and so may each field.
  private func disable(_ request: Request) async -> Response {
    var json: JSON = [:]
    if !request.body.isEmpty {
      switch request.readJSON() {
      case .failure(let refusal): return refusal.response
      case .success(let value): json = value
      }
    }
    var reading = ObjectReading(json)
    let reason = reading.line("reason", charactersMax: Self.reasonCharactersMax)
    let milliseconds = reading.seconds("seconds", 1...Self.millisecondsMax)
    let mistakes = reading.finish("a switch")
    guard mistakes.isEmpty else { return request.unprocessable("Nothing was switched", mistakes) }
    switches.turnReadinessOff(reason: reason, milliseconds: milliseconds)
    return .current(state)
  }

  private func enable(_ request: Request) async -> Response {
    switches.turnReadinessOn()
    return .current(state)
  }

  private var state: JSON {
    [
      "readiness": readiness,
      "faults": [
        "enabled": .bool(faults != nil), "active": .array((faults?.active ?? []).map { .string($0.name) }),
      ],
      "diagnostics": .bool(diagnostics), "draining": .bool(drain.isRaised),
    ]
  }

  private var readiness: JSON {
    guard let off = switches.off else { return ["enabled": .bool(true)] }
    let now = Clock.monotonic
    let state: JSON = [
      "enabled": .bool(false), "reason": off.reason.map { .string($0) } ?? .null,
      "secondsOff": .seconds(nanoseconds: now - off.since),
      "secondsLeft": off.until.map { .seconds(nanoseconds: $0 - now) } ?? .null,
    ]
    return state
  }
}
