internal import Catalog
internal import HTTPServer
internal import Metrics
internal import Networking
internal import Synchronization

/// The faults that are in force. Each has an end, and comes to it by itself.
final class Faults: Sendable {
  /// At once.
  static let activeMax = 16
  /// Names that injections are counted by; further ones are counted together.
  private static let countedNamesMax = 64

  enum Beginning {
    case begun(ActiveFault)
    /// One of the same name has ended for it.
    case replaced(ActiveFault)
    case tooMany
  }

  private enum EndCause: String {
    case time = "its time"
    case count = "its count"
    case token = "an operator"
    case replacement = "another of its name"
  }

  private struct Running {
    let fault: ActiveFault
    /// Nil for one on the process.
    let requests: RequestFault?
  }

  private struct Series: Hashable {
    let name: String
    let kind: FaultSpecification.Kind
  }

  private struct State {
    /// In the order in which they began.
    var running: [Running] = []
    var injections: [Series: Int] = [:]
    var refused = 0
  }

  private let state = Mutex(State())
  private let requests: RequestFaults
  private let alarm: Alarm
  private let log: Log
  private let effects: ProcessFaultEffects

  init(requests: RequestFaults, effects: ProcessFaultEffects, alarm: Alarm, log: Log) {
    self.requests = requests
    self.alarm = alarm
    self.log = log
    self.effects = effects
  }

  var active: [ActiveFault] { state.withLock { $0.running.map(\.fault) } }

  func begin(_ name: String, _ specification: FaultSpecification) -> Beginning {
    let fault = ActiveFault(name: name, specification, at: Clock.monotonic)
    let running = Running(fault: fault, requests: requestFault(fault))
    let (old, isRefused) = state.withLock { state -> (Running?, Bool) in
      let old = state.running.first { $0.fault.name == name }
      guard old != nil || state.running.count < Self.activeMax else {
        state.refused += 1
        return (nil, true)
      }
      state.running.removeAll { $0.fault.name == name }
      state.running.append(running)
      requests.set(state.running.compactMap(\.requests))
      return (old, false)
    }
    if isRefused { return .tooMany }
    if let old { finish(old, by: .replacement) }
    let seconds = Double(specification.milliseconds) / 1000
    log.warning(
      "fault begins",
      ["fault": .string(name), "kind": .string(specification.kind.rawValue), "seconds": .double(seconds)])
    alarm.call(at: fault.end) { [weak self] in _ = self?.end(fault, by: .time) }
    if case .process(let effect) = specification.target {
      count(fault)
      effects.begin(effect) { fault.isInForce }
    }
    return old == nil ? .begun(fault) : .replaced(fault)
  }

  /// False when there is none of this name.
  func end(_ name: String) -> Bool {
    guard let fault = active.first(where: { $0.name == name }) else { return false }
    return end(fault, by: .token)
  }

  private func end(_ fault: ActiveFault, by cause: EndCause) -> Bool {
    let ended = state.withLock { state -> Running? in
      // Its end may be told twice, and its name be another's by then.
      guard let index = state.running.firstIndex(where: { $0.fault === fault }) else { return nil }
      let running = state.running.remove(at: index)
      requests.set(state.running.compactMap(\.requests))
      return running
    }
    if let ended { finish(ended, by: cause) }
    return ended != nil
  }

  private func finish(_ running: Running, by cause: EndCause) {
    let fault = running.fault
    fault.stop()
    // The last of its count is still to be held up.
    if cause != .count { running.requests?.stop() }
    log.write(
      .info, "fault ended",
      [
        ("fault", .string(fault.name)), ("kind", .string(fault.specification.kind.rawValue)),
        ("by", .string(cause.rawValue)), ("injections", .int(fault.injectionCount)),
        ("lastInjection", .string(fault.lastInjectionTime ?? "none")),
      ])
  }

  private func requestFault(_ fault: ActiveFault) -> RequestFault? {
    guard case .requests(let scope, let effect, let selection) = fault.specification.target else { return nil }
    return RequestFault(
      name: fault.name, scope: scope, effect: effect, selection: selection, from: fault.began, to: fault.end
    ) { [weak self] isLast in
      self?.count(fault)
      if isLast { _ = self?.end(fault, by: .count) }
    }
  }

  private func count(_ fault: ActiveFault) {
    let kind = fault.specification.kind
    state.withLock { state in
      let isCounted =
        state.injections[Series(name: fault.name, kind: kind)] != nil
        || state.injections.count < Self.countedNamesMax
      state.injections[Series(name: isCounted ? fault.name : "other", kind: kind), default: 0] += 1
    }
    if fault.wasInjected() {
      log.info("fault injected for the first time", ["fault": .string(fault.name), "kind": .string(kind.rawValue)])
    }
  }

  /// Call it once, also where no fault can be made: then `faults` is nil.
  static func register(_ faults: Faults?, in registry: Registry) {
    registry.collectedGauge("vitrine_faults_enabled", "1 where faults can be made: --faults.") { faults == nil ? 0 : 1 }
    registry.collectedGauge("vitrine_faults_active", "Faults that are in force.") { Double(faults?.active.count ?? 0) }
    registry.collectedCounter("vitrine_faults_refused_total", "Faults refused since there were 16 already.") {
      Double(faults?.state.withLock { $0.refused } ?? 0)
    }
    registry.collectedCounter(
      "vitrine_fault_injections_total", "Injections of faults, by name (64 of them, then other) and kind.",
      labels: ["fault", "kind"]
    ) {
      let injections = faults?.state.withLock { $0.injections } ?? [:]
      return injections.sorted { ($0.key.name, $0.key.kind.rawValue) < ($1.key.name, $1.key.kind.rawValue) }
        .map { ([$0.key.name, $0.key.kind.rawValue], Double($0.value)) }
    }
  }
}
