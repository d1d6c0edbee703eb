import Glibc
import HTTPServer
import Networking
import Synchronization
import TestSupport
import Testing

/// Three times as many clients as there may be requests in flight, on a route that takes 50 ms.
@Suite(.serialized) struct OverloadFaultTests {
  private static let bound = 16
  private static let answers = 1000

  private struct Tally {
    var answered = 0
    var refused = 0
    var other: [String] = []
  }

  @Test(arguments: [1, 2])
  func probesAndAllThatTheBoundAllowsAreAnsweredAndTheExcessIsToldToComeBack(loops: Int) async throws {
    let tally = Guarded(Tally())
    let isOver = Guarded(false)
    let began = Clock.monotonic
    let configure: (inout ServerConfiguration) -> Void = {
      $0.inFlightMax = Self.bound
      $0.loops = loops
    }
    try await TestServer.run(configure: configure) { server in
      async let probes = onThread { try Self.probe(server, until: { isOver.withLock { $0 } }) }
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 * Self.bound {
          group.addTask {
            do {
              try await onThread { try Self.ask(server, tally) }
            } catch {
              tally.withLock { $0.other.append("\(error)") }
            }
          }
        }
        await group.waitForAll()
      }
      let seconds = Double(Clock.monotonic - began) / 1e9
      isOver.withLock { $0 = true }
      let durations = try await probes.sorted()
      let total = tally.withLock { $0 }

      #expect(total.other == [])
      // Those in flight when it was enough are answered too.
      #expect((Self.answers..<Self.answers + 3 * Self.bound).contains(total.answered))
      #expect(total.refused > 0 && server.hits(.inFlightMax) == Double(total.refused))
      #expect(
        server.metric("http_requests_total{method=\"GET\",route=\"/slow\",code=\"200\"}") == Double(total.answered))
      #expect(server.server.requestsInFlight == 0)
      let response = try await server.client { try $0.exchange("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n") }
      #expect(response.text == "slow\n")

      let possible = Double(Self.bound) / 0.05
      print(
        "overload, \(loops) loops: \(total.answered) answers and \(total.refused) refusals in \(Int(seconds * 1000)) ms: "
          + "\(Int(Double(total.answered) / seconds / possible * 100)) % of what the bound allows; \(durations.count) "
          + "probes, p99 \(durations[durations.count * 99 / 100] / 1000) us")
    }
  }

  /// A client that comes back, if sooner than it is told, until all of them together have had enough answers.
  private static func ask(_ server: TestServer, _ tally: Guarded<Tally>) throws {
    let client = try server.connect()
    while tally.withLock({ $0.answered < answers }) {
      let response = try client.exchange("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
      if response.status == 200, response.text == "slow\n" {
        tally.withLock { $0.answered += 1 }
      } else if response.status == 503, response["Retry-After"] == "1", !response.closes {
        tally.withLock { $0.refused += 1 }
        usleep(5000)
      } else {
        return tally.withLock { $0.other.append("\(response.status)") }
      }
    }
  }

  /// Probes as the kubelet sends them, a connection each; nanoseconds that each took.
  private static func probe(_ server: TestServer, until isOver: () -> Bool) throws -> [Int64] {
    var durations: [Int64] = []
    repeat {
      let began = Clock.monotonic
      let response = try server.connect().exchange("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      durations.append(Clock.monotonic - began)
      #expect(response.status == 200 && response.text == "ok\n")
      usleep(5000)
    } while !isOver()
    return durations
  }
}
