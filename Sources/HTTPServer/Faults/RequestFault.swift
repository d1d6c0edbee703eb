package import HTTP
internal import Networking
internal import Synchronization

/// What becomes of a request that a fault takes.
package enum FaultEffect: Sendable {
  /// It is handled so much later.
  ///
  /// - jitter: at most `milliseconds`: so much earlier or later, at random.
  case delay(milliseconds: Int, jitter: Int)
  /// It is not handled, and gets this status. `retryAfter` is in seconds.
  case status(Status, retryAfter: Int?)
  /// It is handled, and the answer has another body.
  case body([UInt8])
  /// It is handled, and the answer does not come as it should.
  case delivery(Delivery)
}

/// A fault on requests, from its beginning to its end.
package final class RequestFault: Sendable {
  /// A token of letters, digits and `.`, `_`, `-`.
  package let name: String
  package let scope: FaultScope
  package let effect: FaultEffect
  /// Monotonic nanoseconds.
  private let began: Int64
  private let end: Int64
  private let selection: Mutex<FaultSelection>
  private let isStopped = Atomic<Bool>(false)
  private let onInjection: @Sendable (_ isLast: Bool) -> Void

  /// - Parameters:
  ///   - end: monotonic nanoseconds; from then on it takes nothing.
  ///   - onInjection: called for each request taken, on its loop's thread.
  package init(
    name: String, scope: FaultScope, effect: FaultEffect, selection: FaultSelection, from began: Int64, to end: Int64,
    onInjection: @escaping @Sendable (_ isLast: Bool) -> Void
  ) {
    self.name = name
    self.scope = scope
    self.effect = effect
    self.selection = Mutex(selection)
    self.began = began
    self.end = end
    self.onInjection = onInjection
  }

  /// Ends it before its time. What is being delivered goes on as if there were none, what is withheld is given up.
  package func stop() {
    isStopped.store(true, ordering: .relaxed)
  }

  func isInForce(at now: Int64) -> Bool { now < end && !isStopped.load(ordering: .relaxed) }

  /// Nil when the request is spared; else a number drawn for it.
  fileprivate func take(_ request: Request, at route: Route?, from client: IPAddress, now: Int64) -> UInt64? {
    guard isInForce(at: now), scope.contains(request, at: route, from: client) else { return nil }
    let (draw, isLast) = selection.withLock { selection in
      (selection.takeNext(after: now - began), selection.isExhausted)
    }
    if draw != nil { onInjection(isLast) }
    return draw
  }
}

/// A fault that takes a request.
package struct Injection: Sendable {
  let fault: RequestFault
  fileprivate let draw: UInt64

  /// Nanoseconds before the request is handled.
  var delay: Int64 {
    guard case .delay(let milliseconds, let jitter) = fault.effect else { return 0 }
    let offset = jitter == 0 ? 0 : Int(draw.multipliedFullWidth(by: UInt64(2 * jitter + 1)).high) - jitter
    return Int64(milliseconds + offset) * 1_000_000
  }

  /// What is answered in the handler's place; nil: it is asked.
  func answer(to request: Request) -> Response? {
    guard case .status(let status, let retryAfter) = fault.effect else { return nil }
    var response = Problem.response(
      status, detail: "The fault \(fault.name) is in force.", accept: request.values(of: .accept))
    if let seconds = retryAfter.flatMap({ FieldValue(String($0)) }) { response.add(.retryAfter, seconds) }
    mark(&response)
    return response
  }

  /// Makes of a handler's answer that of the fault.
  func apply(to response: inout Response, _ delivery: inout Delivery?) {
    mark(&response)
    switch fault.effect {
    case .delay, .status: break
    case .body(let bytes):
      response.body = bytes
      response.etag = nil
    case .delivery(let own): delivery = own
    }
  }

  /// So that nobody hunts a ghost.
  private func mark(_ response: inout Response) {
    if let name = FieldValue(fault.name) { response.add("X-Vitrine-Fault", name) }
  }
}

/// The faults on requests that are in force, for all loops.
package final class RequestFaults: Sendable {
  private let isAny = Atomic<Bool>(false)
  private let faults = Mutex<[RequestFault]>([])

  package init() {}

  /// All that a request pays while there are none.
  var areInForce: Bool { isAny.load(ordering: .relaxed) }

  /// Those in force from now on, in the order in which they are asked.
  package func set(_ faults: [RequestFault]) {
    self.faults.withLock { $0 = faults }
    isAny.store(!faults.isEmpty, ordering: .relaxed)
  }

  /// The first fault that takes the request; nil when it is spared.
  func injection(into request: Request, at route: Route?, from client: IPAddress, now: Int64) -> Injection? {
    for fault in faults.withLock({ $0 }) {
      if let draw = fault.take(request, at: route, from: client, now: now) {
        return Injection(fault: fault, draw: draw)
      }
    }
    return nil
  }
}
