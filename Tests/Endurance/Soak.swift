import CLinux
import Glibc
import Networking
import TestSupport

/// A service under a load that it can bear, for a long time.
struct Soak {
  /// Of the rate that the machine reaches when the clients ask as fast as they are answered.
  private static let load = 0.7
  /// Seconds for which that rate is measured.
  private static let measured = 5
  /// Of a client's connection, so that they come and go too.
  private static let requestsPerConnection = 1000

  private let options: Options

  init(_ options: Options) {
    self.options = options
  }

  /// True when every bound was kept.
  func run() async throws -> Bool {
    let wanted = options.idle + options.clients + 100
    let granted = clinux_raise_descriptor_limit()
    guard granted >= wanted + 200 else { throw Failure("\(wanted + 200) descriptors wanted, \(granted) granted") }
    // Whoever stops clients and service for a while, SIGSTOP, is not to find the idle ones timed out.
    let settings = [
      "VITRINE_CONNECTIONS_MAX": "\(wanted)", "VITRINE_IDLE_TIMEOUT": "86400", "VITRINE_DRAIN_DELAY": "0",
    ]
    return try await Service.run(options, settings) { service in
      let tally = Tally()
      try await ask(service, "/metrics", tally)
      let before = try service.descriptors()
      let idle = try await onThread { try connectIdle(to: service, tally) }
      let capacity = try await capacity(of: service, tally)
      show(
        "\(idle.count) idle connections; \(Int(capacity)) requests/s measured, \(Int(Self.load * capacity)) from here on"
      )
      let course = try await course(of: service, rate: Self.load * capacity, tally)

      // Each is there still.
      try await onThread { for client in idle { try ask(client, last: true, tally) } }
      let isBack = try await descriptorsReturn(to: before, service)
      let after = try service.descriptors()
      service.process.send(SIGTERM)
      let (end, last) = try await service.ended()

      var complaints = tally.complaints
      if !course.isSteady { complaints.append("resident memory grew") }
      if !isBack { complaints.append("\(after) descriptors are open when all clients have gone, \(before) before") }
      if end != .exited(0) { complaints.append("\(end.text)") }
      if last?.served != tally.answered {
        complaints.append("\(last?.served ?? -1) served, but \(tally.answered) answers arrived")
      }
      show(
        """
        soak of \(course.seconds) s, \(options.clients) clients at \(Int(100 * Self.load)) % of \(Int(capacity)) \
        requests/s and \(idle.count) idle connections:
        requests         \(tally.answered) answered, \(tally.others) of them not 200, \(tally.lost) lost
        \(course.text)
        descriptors      \(before) before, \(course.descriptors) under load, \(after) after
        \(end.text)
        """)
      for complaint in complaints { complain(complaint) }
      return complaints.isEmpty
    }
  }

  // MARK: Before

  private func connectIdle(to service: Service, _ tally: Tally) throws -> [RawClient] {
    try (0..<options.idle).map { _ in
      let client = try RawClient(service.address)
      try ask(client, last: false, tally)
      return client
    }
  }

  private func capacity(of service: Service, _ tally: Tally) async throws -> Double {
    let clients = Clients(
      options.clients, of: service.address, requestsPerConnection: Self.requestsPerConnection, tally: tally)
    return try await clients.run {
      try await clients.warmUp()
      var rates: [Double] = []
      while rates.count < Self.measured {
        let answered = tally.answered
        if let duration = try await second() { rates.append(Double(tally.answered - answered) / duration) }
      }
      return rates.reduce(0, +) / Double(rates.count)
    }
  }

  /// Waits for a second, and tells how long that was; nil when clients and service were stopped meanwhile, SIGSTOP: the
  /// clock goes on then, and they do not.
  private func second() async throws -> Double? {
    let began = Clock.monotonic
    try await Task.sleep(for: .seconds(1))
    let duration = Double(Clock.monotonic - began) / 1e9
    return duration < 3 ? duration : nil
  }

  // MARK: Meanwhile

  /// Asks for the given time, and looks at the service once a second as a scraper and a probe do.
  private func course(of service: Service, rate: Double, _ tally: Tally) async throws -> Course {
    let clients = Clients(
      options.clients, of: service.address, requestsPerConnection: Self.requestsPerConnection, rate: rate, tally: tally)
    return try await clients.run {
      var course = Course()
      var (requests, duration) = (0, 0.0)
      while course.seconds < options.seconds {
        let answered = tally.answered
        guard let second = try await second() else { continue }
        requests += tally.answered - answered
        duration += second
        for target in ["/metrics", "/readyz"] { try await ask(service, target, tally) }
        course.append(residentBytes: try service.residentBytes(), descriptors: try service.descriptors())
        guard course.seconds.isMultiple(of: options.every) else { continue }
        show(
          "\(course.now)  \(Int(Double(requests) / duration)) requests/s  \(tally.others) not 200  \(tally.lost) lost")
        (requests, duration) = (0, 0)
      }
      return course
    }
  }

  private func ask(_ service: Service, _ target: String, _ tally: Tally) async throws {
    tally.answer(try await service.get(target).status)
  }

  private func ask(_ client: RawClient, last: Bool, _ tally: Tally) throws {
    let answer = try client.exchange(
      "GET / HTTP/1.1\r\nHost: vitrine\r\n" + (last ? "Connection: close\r\n" : "") + "\r\n")
    tally.answer(answer.status)
    if last, client.end() != .finished { tally.lose("no FIN behind the last answer") }
  }

  // MARK: After

  private func descriptorsReturn(to before: Int, _ service: Service) async throws -> Bool {
    await eventually { (try? service.descriptors()) ?? .max <= before }
  }
}
