import HTTPServer
import Testing

@Suite struct LoopLivenessTests {
  private static let interval = LoopLiveness.interval

  /// Rounds on time, one answer of each loop a round.
  private static func after(_ rounds: [[Bool]], loops: Int = 1) -> LoopLiveness {
    var liveness = LoopLiveness(loops: loops)
    for (index, answered) in rounds.enumerated() {
      liveness.round(answered: answered, at: 1_000_000_000_000 + Int64(index) * interval)
    }
    return liveness
  }

  @Test func aLoopThatAnswersIsAlive() {
    #expect(LoopLiveness(loops: 3).stuck.isEmpty)
    #expect(Self.after(Array(repeating: [true, true], count: 100), loops: 2).stuck.isEmpty)
  }

  @Test func aLoopIsStuckAfterFiveMissesInARow() {
    #expect(Self.after([[true]] + Array(repeating: [false], count: 4)).stuck.isEmpty)
    #expect(Self.after([[true]] + Array(repeating: [false], count: 5)).stuck == [0])
    #expect(Self.after([[true]] + Array(repeating: [false], count: 50)).stuck == [0])
  }

  @Test func anAnswerInBetweenBeginsTheCountAnew() {
    let almost = Array(repeating: [false], count: 4)
    #expect(Self.after([[true]] + almost + [[true]] + almost).stuck.isEmpty)
  }

  @Test func aStuckLoopThatAnswersIsAliveAgain() {
    #expect(Self.after([[true]] + Array(repeating: [false], count: 9) + [[true]]).stuck.isEmpty)
  }

  @Test func onlyTheStuckLoopIsNamed() {
    let rounds = [[true, true, true]] + Array(repeating: [true, false, true], count: 6)
    #expect(Self.after(rounds, loops: 3).stuck == [1])
  }

  @Test func whatAPausedMachineMissedProvesNothing() {
    var liveness = LoopLiveness(loops: 2)
    var now: Int64 = 1_000_000_000_000
    func round(after seconds: Int64) {
      now += seconds * Self.interval
      liveness.round(answered: [false, false], at: now)
    }
    for _ in 0..<4 { round(after: 1) }
    round(after: 60)
    #expect(liveness.stuck.isEmpty)
    for _ in 0..<4 { round(after: 1) }
    #expect(liveness.stuck.isEmpty)
    round(after: 1)
    #expect(liveness.stuck == [0, 1])
    round(after: 60)
    #expect(liveness.stuck.isEmpty)
  }

  @Test func aWatchdogThatIsAlwaysLateAccusesNobody() {
    var liveness = LoopLiveness(loops: 1)
    for step in Int64(1)...100 { liveness.round(answered: [false], at: step * 3 * Self.interval) }
    #expect(liveness.stuck.isEmpty)
  }
}
