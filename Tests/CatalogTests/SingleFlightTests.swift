#if PostgreSQL

import Testing

@testable import Catalog

@Suite struct SingleFlightTests {
  private let flight = SingleFlight<String, Int>()

  /// Somebody who asks and gets no answer before `finish` is called.
  private func start(_ answer: Int) async -> (
    leader: Task<Result<Int, StoreError>, Never>, finish: @Sendable () -> Void
  ) {
    let (began, begin) = AsyncStream.makeStream(of: Void.self)
    let (ended, end) = AsyncStream.makeStream(of: Void.self)
    let leader = Task { [flight] in
      await flight.run("a", timeout: .seconds(60)) {
        begin.finish()
        for await _ in ended {}
        return .success(answer)
      }
    }
    for await _ in began {}
    return (leader, { end.finish() })
  }

  @Test func whoComesMeanwhileGetsTheAnswerOfTheFirst() async {
    let (leader, finish) = await start(1)
    let follower = Task { [flight] in
      await flight.run("a", timeout: .seconds(60)) {
        Issue.record("asked twice")
        return .success(2)
      }
    }
    // Another question is another flight.
    #expect(await flight.run("b", timeout: .seconds(60)) { .success(3) } == .success(3))
    while flight.followers(of: "a") == 0 { await Task.yield() }
    finish()
    #expect(await leader.value == .success(1))
    #expect(await follower.value == .success(1))
    #expect(await flight.run("a", timeout: .seconds(60)) { .success(4) } == .success(4))
  }

  /// The loop of the first may be stuck.
  @Test func nobodyWaitsForTheFirstLongerThanADeadline() async {
    let (leader, finish) = await start(1)
    let late = await flight.run("a", timeout: .milliseconds(1)) { .success(2) }
    #expect(late == .failure(.timedOut(isUncertain: false)))
    finish()
    #expect(await leader.value == .success(1))
  }
}

#endif
