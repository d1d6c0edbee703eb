import HTTPServer
import Testing

private typealias Phase = ConnectionState.Phase
private typealias Action = ConnectionState.Action

@Suite struct ConnectionStateTests {
  private static let second: Int64 = 1_000_000_000
  /// 7 s for a handshake, 10 for a head, 30 for a body's part, 20 for writing, 120 idle, 5 lingering; 100 bytes/s.
  private static let timeouts: ConnectionState.Timeouts = {
    var timeouts = ConnectionState.Timeouts()
    timeouts.handshake = 7 * second
    timeouts.head = 10 * second
    timeouts.body = 30 * second
    timeouts.write = 20 * second
    timeouts.idle = 120 * second
    timeouts.linger = 5 * second
    timeouts.bodyRateMin = 100
    return timeouts
  }()

  /// A connection that was accepted at 1,000 s, in that phase since then.
  private static func state(in phase: Phase) -> ConnectionState {
    let now = 1000 * second
    var state = ConnectionState(acceptedAt: now, timeouts)
    switch phase {
    case .handshaking: state = ConnectionState(handshakeAt: now, timeouts)
    case .opening: break
    case .idle: _ = state.answered(at: now, timeouts)
    case .head: state.headContinues(at: now, timeouts)
    case .body: state.bodyContinues(received: 0, at: now, timeouts)
    case .handling: state.handlerBegan()
    case .writing: state.writeBlocked(at: now, timeouts)
    case .lingering:
      state.end(.linger)
      _ = state.answered(at: now, timeouts)
    case .closed: state.close()
    }
    return state
  }

  private static let now = 1000 * second

  // MARK: Every phase, every event

  @Test(arguments: Phase.allCases)
  private func isInThePhaseThatTheEventsLeadTo(phase: Phase) {
    #expect(Self.state(in: phase).phase == phase)
  }

  @Test(
    arguments: [
      (.handshaking, 7), (.opening, 10), (.idle, 120), (.head, 10), (.body, 30), (.handling, nil), (.writing, 20),
      (.lingering, 5),
      (.closed, nil),
    ] as [(Phase, Int64?)])
  private func eachPhaseHasItsDeadline(phase: Phase, seconds: Int64?) {
    #expect(Self.state(in: phase).deadline == seconds.map { Self.now + $0 * Self.second } ?? .max)
  }

  @Test(
    arguments: [
      (.handshaking, .cut(.handshakeTimeout)), (.opening, .cut(.headTimeout)), (.idle, .cut(.idleTimeout)),
      (.head, .refuse(.headTimeout)),
      (.body, .refuse(.bodyTimeout)), (.handling, .wait), (.writing, .cut(.writeTimeout)), (.lingering, .close),
      (.closed, .wait),
    ] as [(Phase, Action)])
  private func aPassedDeadlineEndsEachPhaseInItsWay(phase: Phase, action: Action) {
    #expect(Self.state(in: phase).timedOut() == action)
  }

  @Test(
    arguments: [
      (.handshaking, .close), (.opening, .close), (.idle, .close), (.head, .abandon), (.body, .abandon),
      (.handling, .wait), (.writing, .wait),
      (.lingering, .close), (.closed, .close),
    ] as [(Phase, Action)])
  private func theClientsFINEndsWhatNoAnswerIsOwedTo(phase: Phase, action: Action) {
    var state = Self.state(in: phase)
    #expect(state.peerFinishes() == action)
    #expect(state.phase == phase)
    #expect(state.peerFinished == (action == .wait))
  }

  @Test(arguments: Phase.allCases)
  private func nothingHappensAfterTheEnd(phase: Phase) {
    var state = Self.state(in: phase)
    state.close()
    #expect(state.phase == .closed)
    #expect(state.deadline == .max)
  }

  // MARK: TLS

  @Test func theEndOfTheHandshakeBeginsTheHeadsTime() {
    var state = Self.state(in: .handshaking)
    #expect(state.handshakeBegan(Self.timeouts) == Self.now)
    state.handshakeEnded(at: Self.now + 6 * Self.second, Self.timeouts)
    #expect(state.phase == .opening)
    #expect(state.deadline == Self.now + 16 * Self.second)
  }

  // MARK: Heads

  @Test func theFirstByteBeginsTheHeadsTime() {
    var state = Self.state(in: .opening)
    state.headContinues(at: Self.now + 9 * Self.second, Self.timeouts)
    #expect(state.phase == .head)
    #expect(state.deadline == Self.now + 19 * Self.second)
  }

  @Test func furtherBytesDoNotExtendTheHeadsTime() {
    var state = Self.state(in: .head)
    for second in 1...9 { state.headContinues(at: Self.now + Int64(second) * Self.second, Self.timeouts) }
    #expect(state.deadline == Self.now + 10 * Self.second)
  }

  // MARK: Bodies

  @Test func eachPartOfABodyRenewsItsTimeWhereTheRateIsKept() {
    var state = Self.state(in: .body)
    for second in Int64(1)...100 {
      let now = Self.now + second * Self.second
      state.bodyContinues(received: Int(second) * 100, at: now, Self.timeouts)
      #expect(state.deadline == now + 30 * Self.second)
    }
    #expect(state.timedOut() == .refuse(.bodyTimeout))
  }

  @Test func aTricklingBodyLastsNoLongerThanItsBytesPayFor() {
    var state = Self.state(in: .body)
    state.bodyContinues(received: 1, at: Self.now + 20 * Self.second, Self.timeouts)
    #expect(state.deadline == Self.now + 30 * Self.second + Self.second / 100)
    #expect(state.timedOut() == .refuse(.bodyRateMin))
    // A burst makes up for it.
    state.bodyContinues(received: 100_000, at: Self.now + 21 * Self.second, Self.timeouts)
    #expect(state.deadline == Self.now + 51 * Self.second)
    #expect(state.timedOut() == .refuse(.bodyTimeout))
  }

  @Test func withoutAMinimumRateOnlyAStallEndsABody() {
    var timeouts = Self.timeouts
    timeouts.bodyRateMin = 0
    var state = Self.state(in: .body)
    state.bodyContinues(received: 1, at: Self.now + 1000 * Self.second, timeouts)
    #expect(state.deadline == Self.now + 1030 * Self.second)
  }

  @Test func theNextBodyHasATimeOfItsOwn() {
    var state = Self.state(in: .body)
    state.bodyContinues(received: 1, at: Self.now + 20 * Self.second, Self.timeouts)
    _ = state.answered(at: Self.now + 21 * Self.second, Self.timeouts)
    state.bodyContinues(received: 0, at: Self.now + 100 * Self.second, Self.timeouts)
    #expect(state.deadline == Self.now + 130 * Self.second)
  }

  // MARK: Answers

  @Test func anAnswerMakesTheConnectionIdle() {
    for phase in [Phase.opening, .idle, .head, .body, .writing] {
      var state = Self.state(in: phase)
      #expect(state.answered(at: Self.now + Self.second, Self.timeouts) == .wait)
      #expect(state.phase == .idle)
      #expect(state.deadline == Self.now + 121 * Self.second)
    }
  }

  @Test func aBlockedAnswerThatMovesOnHasItsTimeAgain() {
    var state = Self.state(in: .writing)
    state.writeBlocked(at: Self.now + 15 * Self.second, Self.timeouts)
    #expect(state.deadline == Self.now + 35 * Self.second)
  }

  @Test func aHandlerMayTakeAsLongAsItLikes() {
    var state = Self.state(in: .handling)
    #expect(state.deadline == .max)
    state.handlerEnded()
    #expect(state.answered(at: Self.now + 10_000 * Self.second, Self.timeouts) == .wait)
    #expect(state.deadline == Self.now + 10_120 * Self.second)
  }

  // MARK: Endings

  @Test(
    arguments: [
      (.keep, false, .wait, .idle), (.close, false, .close, nil), (.linger, false, .finishSending, .lingering),
      // The client has sent its FIN already: nothing more can come, and close(2) resets nothing.
      (.keep, true, .close, nil), (.close, true, .close, nil), (.linger, true, .close, nil),
    ] as [(ConnectionState.Ending, Bool, Action, Phase?)])
  private func goesOnAfterAnAnswerAsWasDecided(
    ending: ConnectionState.Ending, peerFinished: Bool, action: Action, phase: Phase?
  ) {
    var state = Self.state(in: .writing)
    if peerFinished { #expect(state.peerFinishes() == .wait) }
    state.end(ending)
    #expect(state.answered(at: Self.now, Self.timeouts) == action)
    if let phase { #expect(state.phase == phase) }
  }

  @Test func aSternerEndStands() {
    var state = Self.state(in: .idle)
    state.end(.linger)
    state.end(.close)
    state.end(.keep)
    #expect(state.ending == .linger)
  }

  @Test func dropsSoManyBytesAndNoMore() {
    var state = Self.state(in: .lingering)
    let count = ConnectionState.lingerBytesMax
    #expect(state.dropped(count - 1) == .wait)
    #expect(state.dropped(1) == .wait)
    #expect(state.dropped(1) == .close)
  }

  @Test func droppedBytesDoNotExtendTheTimeOfLingering() {
    var state = Self.state(in: .lingering)
    _ = state.dropped(1000)
    #expect(state.deadline == Self.now + 5 * Self.second)
  }

  // MARK: Drain

  @Test(arguments: Phase.allCases)
  private func theDrainHurriesOnlySilentConnections(phase: Phase) {
    var state = Self.state(in: phase)
    let before = state.deadline
    state.drain(idle: 2 * Self.second, at: Self.now + Self.second)
    let isSilent = phase == .idle || phase == .opening
    #expect(state.deadline == (isSilent ? Self.now + 3 * Self.second : before))
    #expect(state.phase == phase)
  }

  @Test func whoIsDrainedHitsNoLimit() {
    for phase in [Phase.opening, .idle] {
      var state = Self.state(in: phase)
      state.drain(idle: 2 * Self.second, at: Self.now)
      #expect(state.timedOut() == .close)
    }
  }

  @Test func theDrainNeverGivesMoreTime() {
    var state = Self.state(in: .idle)
    state.drain(idle: 1000 * Self.second, at: Self.now)
    #expect(state.deadline == Self.now + 120 * Self.second)
  }

  @Test func aConnectionFromAnotherLoopBeginsIdle() {
    let state = ConnectionState(idleAt: Self.now, Self.timeouts)
    #expect(state.phase == .idle)
    #expect(state.deadline == Self.now + 120 * Self.second)
  }
}
