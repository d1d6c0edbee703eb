internal import Catalog
internal import HTTP
internal import HTTPServer
internal import Networking
internal import Synchronization

/// A fault from its beginning to its end. Instants are nanoseconds of the monotonic clock: no step of the wall clock
/// moves them.
final class ActiveFault: Sendable {
  let name: String
  let specification: FaultSpecification
  let began: Int64
  let end: Int64
  private let isStopped = Atomic<Bool>(false)
  private let injections = Atomic<Int>(0)
  /// By the wall clock, nanoseconds; 0: there was none.
  private let lastInjection = Atomic<Int64>(0)

  init(name: String, _ specification: FaultSpecification, at now: Int64) {
    self.name = name
    self.specification = specification
    began = now
    end = now + Int64(specification.milliseconds) * 1_000_000
  }

  var isInForce: Bool { Clock.monotonic < end && !isStopped.load(ordering: .relaxed) }

  func stop() {
    isStopped.store(true, ordering: .relaxed)
  }

  /// Counts an injection; true for the first one.
  func wasInjected() -> Bool {
    lastInjection.store(Clock.realtime, ordering: .relaxed)
    return injections.add(1, ordering: .relaxed).newValue == 1
  }

  var injectionCount: Int { injections.load(ordering: .relaxed) }

  /// RFC 3339; nil when there was none.
  var lastInjectionTime: String? {
    let instant = lastInjection.load(ordering: .relaxed)
    guard instant != 0 else { return nil }
    var bytes: [UInt8] = []
    Timestamp.append(milliseconds: instant / 1_000_000, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// As it was given, with its name before and its state behind.
  var json: JSON {
    var state: JSON = [
      "secondsLeft": .seconds(nanoseconds: end - Clock.monotonic), "injections": .integer(injectionCount),
      "lastInjection": lastInjectionTime.map { .string($0) } ?? .null,
    ]
    if case .requests(_, _, let selection) = specification.target {
      state = state.adding(["seed": .integer(selection.seed)])
    }
    return (["name": .string(name)] as JSON).adding(specification.json).adding(state)
  }
}
