import HTTPServer
import Hammer
import Networking
import TLS
import TestSupport
import Testing

/// The load against real servers, and against one that loses a known number of requests on purpose.
@Suite(.serialized) struct HammerTests {
  private static let request = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)

  private static func load(
    _ address: SocketAddress, _ change: (inout Load) -> Void = { _ in }
  ) -> Load {
    var load = Load(addresses: [address], name: "localhost", requests: [.init(bytes: request, weight: 1)])
    load.connections = 4
    load.duration = 300_000_000
    load.timeout = 60_000_000_000
    change(&load)
    return load
  }

  /// For as long as the load says, and `goesOn`.
  private static func run(_ load: Load, while goesOn: @escaping @Sendable (Tally) -> Bool = { _ in true }) async throws
    -> Tally
  {
    try await onThread { try Hammer(load).run { hammer, _ in goesOn(hammer.tally) } }
  }

  @Test func asFastAsAnswersCome() async throws {
    try await TestServer.run { server in
      // On a machine that is short of processors ten answers take what they take.
      let tally = try await Self.run(Self.load(server.address) { $0.duration = 60_000_000_000 }) { $0.answered <= 10 }
      #expect(tally.answered > 10 && tally.lost == 0 && tally.connections == 4)
      #expect(tally.statuses == [200: tally.answered])
      #expect(Double(tally.answered) == server.metric(#"http_requests_total{method="GET",route="/",code="200"}"#))
      #expect(tally.timeline.map(\.answered).reduce(0, +) == tally.answered)
      #expect(tally.latencies.count == UInt64(tally.answered))
    }
  }

  @Test func aRateIsKeptWhateverTheAnswersTake() async throws {
    try await TestServer.run { server in
      let tally = try await Self.run(Self.load(server.address) { $0.rate = 100 })
      #expect(tally.answered == 30 && tally.lost == 0)
    }
  }

  @Test func aRateGoesRoundAllConnections() async throws {
    try await TestServer.run { server in
      let tally = try await Self.run(
        Self.load(server.address) {
          $0.connections = 8
          $0.rate = 100
        })
      #expect(tally.answered == 30 && tally.connections == 8)
    }
  }

  @Test func aConnectionForEachRequest() async throws {
    try await TestServer.run { server in
      let tally = try await Self.run(
        Self.load(server.address) {
          $0.closes = true
          $0.rate = 100
        })
      #expect(tally.answered == 30 && tally.lost == 0 && tally.connections == 30)
    }
  }

  @Test func aConnectionThatTheServerEndsInOrderIsOpenedAgain() async throws {
    // One that answers thrice, announces the end or not, and closes between requests.
    for announces in [true, false] {
      let server = try FaultyServer { number, _ in
        let isThird = number % 3 == 2
        return .answer(closes: isThird, announces: announces)
      }
      let tally = try await Self.run(
        Self.load(server.address) {
          $0.connections = 1
          $0.rate = 100
        })
      #expect(tally.lost == 0 && tally.answered == 30 && tally.connections >= 10, "\(announces): \(tally.losses)")
      server.stop()
    }
  }

  @Test func weightsSayWhatIsAskedHowOften() async throws {
    try await TestServer.run { server in
      let missing = Array("GET /missing HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
      let tally = try await Self.run(
        Self.load(server.address) {
          $0.requests = [.init(bytes: Self.request, weight: 2), .init(bytes: missing, weight: 1)]
          $0.rate = 100
        })
      #expect(tally.statuses == [200: 20, 404: 10])
    }
  }

  @Test func overTLS() async throws {
    let pair = try SelfSignedPair(names: ["localhost"], validity: -60...3600)
    let context = try TLSContext.server(
      certificate: pair.certificate, key: pair.key, clients: .off, tickets: TicketKeys(lifetime: .max / 2))
    let endpoint = TLSEndpoint(
      addresses: [SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0)], context: { context })
    try await TestServer.run(tls: endpoint) { server in
      let trusting = try TLSContext.client(trust: .authorities(pair.certificate))
      let tally = try await Self.run(Self.load(server.tlsAddress) { $0.tls = trusting })
      #expect(tally.answered > 10 && tally.lost == 0)
      let distrusting = try TLSContext.client(
        trust: .authorities(try SelfSignedPair(names: ["localhost"], validity: -60...3600).certificate))
      let lost = try await Self.run(
        Self.load(server.tlsAddress) {
          $0.tls = distrusting
          $0.rate = 50
        })
      #expect(lost.answered == 0 && lost.losses == [.handshake: 15])
    }
  }

  // MARK: Losses, each a known number of times

  @Test func countsEachKindOfLossExactly() async throws {
    let server = try FaultyServer { number, _ in
      switch number % 10 {
      case 3: .reset
      case 5, 6: .cut
      default: .answer(closes: false, announces: false)
      }
    }
    let tally = try await Self.run(Self.load(server.address) { $0.rate = 200 })
    server.stop()
    #expect(tally.answered == 42, "\(tally.statuses) \(tally.losses)")
    #expect(tally.losses == [.reset: 6, .cut: 12])
  }

  @Test func anEndByResetIsNoEndOfAnAnswer() async throws {
    let server = try FaultyServer { _, _ in .torn }
    let tally = try await Self.run(Self.load(server.address) { $0.rate = 50 })
    server.stop()
    #expect(tally.answered == 0 && tally.losses == [.cut: 15], "\(tally.statuses) \(tally.losses)")
  }

  @Test func oneOfANamesAddressesIsEnough() async throws {
    let nobody = try ListeningSocket.group(
      at: SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0), count: 1, backlog: 1)[0].address
    try await TestServer.run { server in
      let tally = try await Self.run(
        Self.load(server.address) {
          $0.addresses = [nobody, server.address]
          $0.closes = true
          $0.rate = 100
        })
      #expect(tally.answered == 30 && tally.lost == 0, "\(tally.losses)")
    }
  }

  @Test func aServerThatDoesNotAnswerLosesByTimeout() async throws {
    let server = try FaultyServer { number, _ in number % 5 == 4 ? .silence : .answer(closes: false, announces: false) }
    let tally = try await Self.run(
      Self.load(server.address) {
        $0.connections = 20
        $0.rate = 50
        $0.timeout = 400_000_000
      })
    server.stop()
    #expect(tally.answered == 12 && tally.losses == [.timedOut: 3], "\(tally.losses)")
  }

  @Test func nobodyThereIsARefusalForEachRequest() async throws {
    // A port that was free a moment ago.
    let address = try ListeningSocket.group(
      at: SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0), count: 1, backlog: 1)[0].address
    let tally = try await Self.run(Self.load(address) { $0.rate = 100 })
    #expect(tally.answered == 0 && tally.losses == [.refused: 30])
  }

  @Test func whatFoundNoConnectionIsUnsent() async throws {
    let server = try FaultyServer { _, _ in .silence }
    let tally = try await Self.run(
      Self.load(server.address) {
        $0.connections = 2
        $0.rate = 100
        $0.timeout = 400_000_000
        $0.duration = 100_000_000
      })
    server.stop()
    // For as long as an answer may take, what was due is still sent.
    #expect(tally.answered == 0 && tally.lost == 10)
    #expect(tally.losses[.unsent] ?? 0 >= 4 && tally.losses[.timedOut] ?? 0 >= 2, "\(tally.losses)")
  }

  /// Latency counts from when a request was due: a server that stalls once is charged with all who waited.
  @Test func aStallIsChargedToAllWhoWouldHaveAsked() async throws {
    let server = try FaultyServer { number, _ in
      number == 0 ? .late(milliseconds: 250) : .answer(closes: false, announces: false)
    }
    let tally = try await Self.run(
      Self.load(server.address) {
        $0.connections = 1
        $0.rate = 100
      })
    server.stop()
    #expect(tally.answered == 30 && tally.lost == 0)
    // The first waits 250 ms, the tenth still 160: with coordinated omission only one would.
    let median = try #require(tally.latencies.quantile(0.5))
    #expect(median > 50_000_000, "\(median)")
  }
}
