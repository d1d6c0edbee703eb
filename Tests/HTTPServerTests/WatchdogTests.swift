import Dispatch
import TestSupport
import Testing

@testable import HTTPServer

@Suite struct WatchdogTests {
  /// Takes six of the watchdog's seconds.
  @Test func namesALoopThatIsReallyStuckAndNoOther() async throws {
    try await TestServer.run(configure: { $0.loops = 2 }) { server in
      let told = Guarded<[String]>([])
      let watchdog = Watchdog { loop in told.withLock { $0.append(loop) } }
      watchdog.watch(server.server.loops)
      #expect(watchdog.loopLabels == ["http-0", "http-1"] && watchdog.stuckLoops.isEmpty)

      let end = DispatchSemaphore(value: 0)
      server.server.loops[1].executor.enqueue { end.wait() }
      #expect(await eventually { !watchdog.stuckLoops.isEmpty })
      #expect(watchdog.stuckLoops == ["http-1"])
      end.signal()
      #expect(await eventually { watchdog.stuckLoops.isEmpty })
      #expect(told.withLock { $0 } == ["http-1"])
    }
  }
}
