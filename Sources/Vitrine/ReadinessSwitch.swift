/// Whether an operator has taken this instance out of traffic, and until when. Pure: instants are nanoseconds of a
/// monotonic clock.
struct ReadinessSwitch: Sendable {
  struct Off: Sendable, Equatable {
    /// For people; nil where none was given.
    let reason: String?
    let since: Int64
    /// Nil: until it is switched on.
    let until: Int64?
  }

  private var off: Off?

  /// Off again, with another reason or another end, is off since the first time.
  mutating func turnOff(reason: String?, nanoseconds: Int64?, at now: Int64) {
    off = Off(reason: reason, since: off(at: now)?.since ?? now, until: nanoseconds.map { now + $0 })
  }

  /// False when it was on.
  mutating func turnOn(at now: Int64) -> Bool {
    defer { off = nil }
    return off(at: now) != nil
  }

  /// Nil while it is on.
  func off(at now: Int64) -> Off? {
    guard let off, off.until.map({ now < $0 }) ?? true else { return nil }
    return off
  }
}
