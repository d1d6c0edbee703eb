import Glibc
import Networking
import TestSupport

/// Stops of the service under load.
struct Stops {
  private enum Kind: String, CaseIterable {
    case kept = "kept connections"
    case oneShot = "a connection per request"
    case second = "a second SIGTERM"
  }

  /// What the stops of a kind came to.
  private struct Result {
    var answered = 0
    var whileDraining = 0
    var cut = 0
    var lost = 0
    var exits: [String: Int] = [:]
    var complaints: [String] = []
  }

  private let options: Options

  init(_ options: Options) {
    self.options = options
  }

  /// True when nothing was lost and each exit was the right one; of `--kill`, when something was lost of each kind.
  func run() async throws -> Bool {
    var isGood = true
    for kind in Kind.allCases where kind != .second || !options.kills {
      var result = Result()
      for _ in 0..<options.stops {
        if kind == .second { try await cut(into: &result) } else { try await stop(kind, into: &result) }
      }
      show(line(kind, result))
      if options.kills {
        isGood = isGood && result.lost > 0
        continue
      }
      for complaint in result.complaints.prefix(20) { complain("\(kind.rawValue): \(complaint)") }
      isGood = isGood && result.complaints.isEmpty
    }
    return isGood
  }

  private func line(_ kind: Kind, _ result: Result) -> String {
    let exits = result.exits.sorted { $0.key < $1.key }.map { "\($0.key) × \($0.value)" }.joined(separator: ", ")
    let requests =
      kind == .second
      ? "\(result.cut) requests under way cut and counted"
      : "\(result.answered) requests answered, \(result.whileDraining) of them while draining, \(result.lost) lost"
    return "\(options.stops) stops, \(options.clients) clients, \(kind.rawValue): \(requests); \(exits)"
  }

  /// Busy clients go on from before the signal until nobody listens.
  private func stop(_ kind: Kind, into result: inout Result) async throws {
    try await Service.run(options) { service in
      let clients = Clients(
        options.clients, of: service.address, requestsPerConnection: kind == .kept ? .max : 1)
      let (signalled, end, last) = try await clients.run {
        try await clients.warmUp()
        // Any moment of a request may be the one.
        try await Task.sleep(for: .microseconds(.random(in: 0..<20_000)))
        let signalled = Clock.monotonic
        service.process.send(options.kills ? SIGKILL : SIGTERM)
        let (end, last) = try await service.ended()
        // Nobody listens: the clients find that out by themselves, and only then they have had all answers.
        guard await eventually({ clients.areGone }) else { throw Failure("clients that do not end") }
        return (signalled, end, last)
      }
      let tally = clients.tally
      result.answered += tally.answered
      result.whileDraining += last?.servedWhileDraining ?? 0
      result.lost += tally.lost
      result.exits[end.text, default: 0] += 1
      result.complaints += tally.complaints
      guard !options.kills else { return }
      if end != .exited(0) || last?.cut != 0 { result.complaints.append("\(end.text), \(last?.cut ?? -1) cut") }
      // All that was answered arrived, and all that arrived was answered by this process.
      if last?.served != tally.answered {
        result.complaints.append("\(last?.served ?? -1) served, but \(tally.answered) answers arrived")
      }
      let delay = options.service("--drain-delay").flatMap { Double($0) } ?? 5
      if let refusal = tally.firstRefusal, refusal < signalled + Int64(delay * 1e9) {
        result.complaints.append("a connection was refused within the delay")
      }
    }
  }

  /// A second signal while each client's request is under way: the end comes at once, for by itself it never would.
  private func cut(into result: inout Result) async throws {
    let endless = [
      "VITRINE_DRAIN_DELAY": "1000", "VITRINE_DRAIN_TIMEOUT": "1000", "VITRINE_GRACE_PERIOD": "3000",
      "VITRINE_HEAD_TIMEOUT": "1000",
    ]
    try await Service.run(options, endless) { service in
      let clients = try await onThread { [options, address = service.address] in
        try (0..<options.clients).map { _ in
          let client = try RawClient(address)
          try client.send("GET / HTTP/1.1\r\nHost: vit")
          return client
        }
      }
      let reading = "http_connections{state=\"reading\"} \(options.clients)\n"
      try await waiting(for: "each request's beginning") {
        try await service.get("/metrics").text.contains(reading) ? true : nil
      }
      service.process.send(SIGTERM)
      _ = try await service.process.output.line("\"message\":\"draining\"")
      service.process.send(SIGTERM)
      let (end, last) = try await service.ended()
      result.cut += last?.cut ?? 0
      result.exits[end.text, default: 0] += 1
      if end != .exited(1) || last?.cut != options.clients {
        result.complaints.append("\(end.text), \(last?.cut ?? -1) cut")
      }
      let answered = try await onThread { clients.count { !$0.readToEnd().bytes.isEmpty } }
      if answered > 0 { result.complaints.append("\(answered) were answered, not cut") }
    }
  }
}
