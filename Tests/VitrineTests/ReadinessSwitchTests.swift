import Testing

@testable import Vitrine

/// The switch on a made-up clock.
@Suite struct ReadinessSwitchTests {
  @Test func isOnUntilItIsTurnedOff() {
    var readiness = ReadinessSwitch()
    #expect(readiness.off(at: 0) == nil)
    readiness.turnOff(reason: "work", nanoseconds: nil, at: 5)
    #expect(readiness.off(at: 5) == .init(reason: "work", since: 5, until: nil))
    #expect(readiness.off(at: .max) != nil)
    let was = (readiness.turnOn(at: 6), readiness.turnOn(at: 7))
    #expect(was == (true, false) && readiness.off(at: 6) == nil)
  }

  @Test func endsByItselfAtItsInstant() {
    var readiness = ReadinessSwitch()
    readiness.turnOff(reason: nil, nanoseconds: 10, at: 100)
    #expect(readiness.off(at: 109) != nil && readiness.off(at: 110) == nil)
    let wasOff = readiness.turnOn(at: 110)
    #expect(!wasOff)
  }

  @Test func offOnceMoreIsOffSinceTheFirstTime() {
    var readiness = ReadinessSwitch()
    readiness.turnOff(reason: "a", nanoseconds: 10, at: 100)
    readiness.turnOff(reason: "b", nanoseconds: 20, at: 105)
    #expect(readiness.off(at: 124) == .init(reason: "b", since: 100, until: 125))
    // What had ended begins anew.
    readiness.turnOff(reason: "c", nanoseconds: nil, at: 125)
    #expect(readiness.off(at: 125)?.since == 125)
  }
}
