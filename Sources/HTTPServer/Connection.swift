internal import HTTP
internal import Metrics
internal import Networking

/// One client. It belongs to one loop for life and is not Sendable: everything it does takes that loop's isolation, and
/// works in the loop's buffers. What it keeps itself is what an idle connection needs, and an unfinished rest.
final class Connection: Deadlined {
  private(set) var socket: Socket
  let peer: SocketAddress
  var state: ConnectionState
  /// Where the loop holds it; nil until it is registered.
  var slot: Int?
  var place = DeadlinePlace()
  /// The state in which `http_connections` counts it.
  var counted: ConnectionState.Phase?
  /// Nanoseconds after which the next answer is the last one.
  let expiry: Int64
  /// One connection too many: it is answered once, with 503 unless it is a probe's.
  let isShed: Bool
  var hasAnswered = false

  /// Input that waits for its rest, or for the answer before it.
  var pending: [UInt8] = []
  var exchange: Exchange?
  private var outbox = Outbox()
  /// A handler is being started: when it answers without waiting, `settle` goes on.
  var isStarting = false
  private var interest: Poller.Interest = .read

  var deadline: Int64 { state.deadline }

  init(_ socket: consuming Socket, peer: SocketAddress, state: ConnectionState, expiry: Int64, isShed: Bool) {
    self.socket = socket
    self.peer = peer
    self.state = state
    self.expiry = expiry
    self.isShed = isShed
  }

  // MARK: Events

  /// One recv(2), and whatever follows from it.
  func readable(on loop: isolated EventLoop) {
    if state.phase == .lingering { return drop(on: loop) }
    let kept = pending.count
    if kept > 0 { loop.input.replaceSubrange(0..<kept, with: pending) }
    switch socket.receive(into: &loop.input, from: kept) {
    case .bytes(let count):
      if kept > 0 { pending = [] }
      takeRequests(kept + count, on: loop)
      settle(on: loop)
    case .wouldBlock:
      if isShed, !hasAnswered { shed(on: loop) } else { watch(on: loop) }
    case .endOfStream:
      perform(state.peerFinishes(), on: loop)
      watch(on: loop)
    case .failed:
      perform(state.phase == .idle || state.phase == .opening ? .close : .abandon, on: loop)
    }
  }

  /// The send buffer has room again.
  func writable(on loop: isolated EventLoop) {
    switch outbox.flush(to: socket) {
    case .sent:
      takePending(on: loop)
      settle(on: loop)
    case .blocked:
      state.writeBlocked(at: loop.now, loop.context.timeouts)
      loop.deadlines.schedule(self)
    case .failed: perform(.abandon, on: loop)
    }
  }

  /// EPOLLHUP or EPOLLERR while nothing is read: the client is gone.
  func hungUp(on loop: isolated EventLoop) {
    perform(.abandon, on: loop)
  }

  func timedOut(on loop: isolated EventLoop) {
    perform(state.timedOut(), on: loop)
  }

  func drain(idle: Int64, on loop: isolated EventLoop) {
    state.drain(idle: idle, at: loop.now)
    loop.deadlines.schedule(self)
  }

  /// The answer to a connection too many whose request is not there yet.
  private func shed(on loop: isolated EventLoop) {
    state.end(.linger)
    respond(
      with: loop.context.overloaded(nil), to: nil, bytes: 0, route: nil, began: loop.now, isLast: true,
      in: &loop.workspace, on: loop)
    settle(on: loop)
  }

  /// Ends the connection at once; true when a request was under way.
  func cut(on loop: isolated EventLoop) -> Bool {
    let underWay = exchange != nil || !outbox.isEmpty || state.phase == .head
    close(on: loop)
    return underWay
  }

  /// Hands the socket on; the connection is over here.
  func release() -> Int32 {
    var released = Socket.closed
    swap(&released, &socket)
    state.close()
    return released.release()
  }

  // MARK: Output

  /// Sends `output`, then `body`; what does not fit is kept.
  func flush(_ output: inout [UInt8], _ body: [UInt8] = [], on loop: isolated EventLoop) {
    guard !output.isEmpty else { return }
    let outcome = outbox.send(output, body: body, to: socket)
    output.removeAll(keepingCapacity: output.capacity <= EventLoop.outputMax)
    if outcome == .failed { perform(.abandon, on: loop) }
  }

  var isBlocked: Bool { !outbox.isEmpty }

  // MARK: Between events

  /// After anything happened: sends, and takes up the state that fits what is left to do.
  func settle(on loop: isolated EventLoop) {
    flush(&loop.workspace.output, on: loop)
    // A handler that may wait is started when all earlier answers are sent, so that at most one answer is ever kept for
    // a client that does not read; one that did not wait is followed by the next request at once.
    while let exchange, exchange.isReady, state.phase != .handling, !isBlocked {
      start(exchange, on: loop)
      takePending(on: loop)
      flush(&loop.workspace.output, on: loop)
    }
    guard state.phase != .closed else { return }
    let timeouts = loop.context.timeouts
    if isBlocked {
      state.writeBlocked(at: loop.now, timeouts)
    } else if let exchange {
      if let body = exchange.body, !body.isComplete {
        state.bodyContinues(received: body.received, at: loop.now, timeouts)
      }
    } else if state.ending == .keep, !pending.isEmpty {
      state.headContinues(at: loop.now, timeouts)
    } else {
      if !pending.isEmpty {
        // The client has sent more than we will read: closing now would reset the connection under our answer.
        state.end(.linger)
        pending = []
      }
      perform(state.answered(at: loop.now, timeouts), on: loop)
    }
    watch(on: loop)
  }

  private func perform(_ action: ConnectionState.Action, on loop: isolated EventLoop) {
    switch action {
    case .wait: break
    case .refuse(let limit):
      loop.hit(limit)
      leaveExchange(on: loop)
      refuse(.timeout, in: &loop.workspace, on: loop)
      settle(on: loop)
    case .close: close(on: loop)
    case .abandon:
      loop.context.metrics.abandoned.add(shard: loop.shard)
      close(on: loop)
    case .cut(let limit):
      loop.hit(limit)
      if isBlocked { loop.context.metrics.abandoned.add(shard: loop.shard) }
      close(on: loop)
    case .finishSending: socket.finishSending()
    }
  }

  /// Has the loop watch for what the state waits for, until its deadline.
  private func watch(on loop: isolated EventLoop) {
    guard state.phase != .closed else { return }
    let wanted: Poller.Interest =
      switch state.phase {
      case .writing: .write
      case .handling: []
      default: .read
      }
    loop.watch(self, wanted, instead: slot == nil ? nil : interest)
    interest = wanted
  }

  /// Reads and drops what comes after our FIN.
  private func drop(on loop: isolated EventLoop) {
    switch socket.receive(into: &loop.input, from: 0) {
    case .bytes(let count): perform(state.dropped(count), on: loop)
    case .wouldBlock: break
    case .endOfStream, .failed: close(on: loop)
    }
  }

  private func close(on loop: isolated EventLoop) {
    guard state.phase != .closed else { return }
    state.close()
    leaveExchange(on: loop)
    loop.forget(self)
    socket = .closed
  }

  func leaveExchange(on loop: isolated EventLoop) {
    guard exchange != nil else { return }
    exchange = nil
    loop.context.admission.requestEnded()
  }
}
