import TestSupport
import Testing

/// Standard output that nobody reads, or that is gone.
@Suite(.serialized) struct LogFaultTests {
  @Test func servingGoesOnWhileNobodyReadsTheLog() async throws {
    try await ServiceProcess.run(["--log-buffer-max", "65536"], isRead: false) { service in
      let request = ServiceProcess.request("/version")
      let answered = try await service.client { client in
        var answered = 0
        for _ in 0..<60 {
          try client.send(String(repeating: request, count: 50))
          for _ in 0..<50 where try client.response().status == 200 { answered += 1 }
        }
        return answered
      }
      #expect(answered == 3000)
      let dropped = try #require(try await service.metric("vitrine_log_lines_dropped_total"))
      let written = try #require(try await service.metric("vitrine_log_lines_written_total"))
      // A pipe holds 64 KiB, far less than the lines of 3,000 requests.
      #expect(dropped > 0 && dropped <= 3000 && written < 3000)
      try await service.expectHealthy()

      // The gap is told where it is.
      service.process.output.goOn()
      let line = try await service.logged("log lines dropped")
      #expect(line["level"] == .string("warning") && (line["count"]?.number ?? 0) > 0)
      for line in service.process.output.lines { _ = try JSONValue(line) }
    }
  }

  @Test func aBlockedLogDoesNotHoldUpTheExit() async throws {
    try await ServiceProcess.run(["--drain-delay", "0"], isRead: false) { service in
      try await service.client { client in
        for _ in 0..<20 {
          try client.send(String(repeating: ServiceProcess.request("/version"), count: 50))
          for _ in 0..<50 { _ = try client.response() }
        }
      }
      service.process.send(15)
      #expect(try await service.process.end() == .exited(0))
    }
  }

  @Test func aLogThatBreaksOffEndsNothing() async throws {
    try await ServiceProcess.run(isRead: false) { service in
      service.process.output.giveUp()
      _ = try await service.process.output.whole()
      for _ in 0..<10 { #expect(try await service.get("/version").status == 200) }
      #expect(
        try await waiting(for: "dropped lines") {
          (try await service.metric("vitrine_log_lines_dropped_total") ?? 0) > 0 ? true : nil
        })
      #expect(service.process.ended == nil)
    }
  }
}
