internal import Metrics
internal import Networking
internal import Synchronization

/// What an operator switches by hand, on every thread.
final class OperatorSwitches: Sendable {
  private let readiness = Mutex(ReadinessSwitch())
  private let alarm: Alarm
  private let log: Log

  init(alarm: Alarm, log: Log, registry: Registry) {
    self.alarm = alarm
    self.log = log
    registry.collectedGauge(
      "vitrine_readiness_switched_off", "1 while an operator has switched readiness off."
    ) { [self] in off == nil ? 0 : 1 }
  }

  /// Nil while this instance may have traffic.
  var off: ReadinessSwitch.Off? {
    let now = Clock.monotonic
    return readiness.withLock { $0.off(at: now) }
  }

  /// - Parameter milliseconds: nil: until it is switched on.
  func turnReadinessOff(reason: String?, milliseconds: Int?) {
    let now = Clock.monotonic
    let nanoseconds = milliseconds.map { Int64($0) * 1_000_000 }
    readiness.withLock { $0.turnOff(reason: reason, nanoseconds: nanoseconds, at: now) }
    log.write(
      .warning, "readiness switched off",
      [reason.map { ("reason", .string($0)) }, milliseconds.map { ("seconds", .double(Double($0) / 1000)) }]
        .compactMap { (field: (key: String, value: LogValue)?) in field })
    guard let nanoseconds else { return }
    alarm.call(at: now + nanoseconds) { [weak self] in self?.tellOfEnd(at: now + nanoseconds) }
  }

  func turnReadinessOn() {
    let now = Clock.monotonic
    if readiness.withLock({ $0.turnOn(at: now) }) { log.info("readiness switched on", ["by": "an operator"]) }
  }

  /// The end that was set, unless another one has been set since.
  private func tellOfEnd(at instant: Int64) {
    let isOver = readiness.withLock { readiness in
      guard readiness.off(at: instant - 1)?.until == instant else { return false }
      return readiness.turnOn(at: instant - 1)
    }
    if isOver { log.info("readiness switched on", ["by": "its time"]) }
  }
}
