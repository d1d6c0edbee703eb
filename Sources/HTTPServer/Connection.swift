internal import HTTP
internal import Metrics
internal import Networking
internal import TLS

/// One client. It belongs to one loop for life and is not Sendable: everything it does takes that loop's isolation, and
/// works in the loop's workspace. What it keeps itself is what an idle connection needs, and an unfinished rest.
final class Connection: Deadlined {
  private var socket: Socket
  /// Nil where bytes travel as they are.
  var session: TLSSession?
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
  /// The loop reads on here before it waits.
  var isQueued = false
  private var interest: Poller.Interest = .read

  var deadline: Int64 { state.deadline }
  var stream: Stream { socket.stream }
  var transport: Transport { session.map { .tls($0, stream) } ?? .plain(stream) }

  /// - Parameter session: over `socket`; nil where there is no TLS.
  init(
    _ socket: consuming Socket, session: TLSSession?, peer: SocketAddress, state: ConnectionState, expiry: Int64,
    isShed: Bool
  ) {
    self.socket = socket
    self.session = session
    self.peer = peer
    self.state = state
    self.expiry = expiry
    self.isShed = isShed
  }

  // MARK: Events

  /// One recv(2), and whatever follows from it.
  func readable(in workspace: inout Workspace, on loop: isolated EventLoop) {
    if state.phase == .lingering { return drop(in: &workspace, on: loop) }
    if state.phase == .handshaking, !shakeHands(in: &workspace, on: loop) { return }
    let kept = pending.count
    if kept > 0 { workspace.input.replaceSubrange(0..<kept, with: pending) }
    switch transport.receive(into: &workspace.input, from: kept) {
    case .bytes(let count):
      if kept > 0 { pending = [] }
      takeRequests(kept + count, in: &workspace, on: loop)
      settle(in: &workspace, on: loop)
    case .wouldBlock:
      if isShed, !hasAnswered, session == nil {
        shed(in: &workspace, on: loop)
      } else {
        watch(in: &workspace, on: loop)
      }
    case .endOfStream:
      perform(state.peerFinishes(), in: &workspace, on: loop)
      watch(in: &workspace, on: loop)
    case .failed:
      perform(state.phase == .idle || state.phase == .opening ? .close : .abandon, in: &workspace, on: loop)
    }
  }

  /// The send buffer has room again.
  func writable(in workspace: inout Workspace, on loop: isolated EventLoop) {
    sendKept(in: &workspace, on: loop)
    takePending(in: &workspace, on: loop)
    settle(in: &workspace, on: loop)
  }

  /// EPOLLHUP or EPOLLERR while nothing is read: the client is gone.
  func hungUp(in workspace: inout Workspace, on loop: isolated EventLoop) {
    perform(.abandon, in: &workspace, on: loop)
  }

  func timedOut(in workspace: inout Workspace, on loop: isolated EventLoop) {
    if state.phase == .handshaking { loop.context.metrics.tls?.ended(.timeout, shard: loop.shard) }
    // A request that came while the loop was busy is no silence.
    if state.phase == .idle || state.phase == .opening, transport.hasUnread {
      return readable(in: &workspace, on: loop)
    }
    perform(state.timedOut(), in: &workspace, on: loop)
  }

  func drain(idle: Int64, in workspace: inout Workspace, on loop: isolated EventLoop) {
    state.drain(idle: idle, at: loop.now)
    workspace.deadlines.schedule(self)
  }

  /// The answer to a connection too many whose request is not there yet.
  private func shed(in workspace: inout Workspace, on loop: isolated EventLoop) {
    state.end(.linger)
    workspace.request.reset()
    respond(
      with: loop.context.overloaded(nil), bytes: 0, route: nil, began: loop.now, isLast: true, in: &workspace, on: loop)
    settle(in: &workspace, on: loop)
  }

  /// Ends the connection at once; true when a request was under way.
  func cut(in workspace: inout Workspace, on loop: isolated EventLoop) -> Bool {
    let underWay = exchange != nil || !outbox.isEmpty || state.phase == .head
    close(in: &workspace, on: loop)
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

  /// Sends the workspace's output, then `body`; what does not fit is kept.
  func flush(_ body: [UInt8] = [], in workspace: inout Workspace, on loop: isolated EventLoop) {
    guard !workspace.output.isEmpty else { return }
    let transport = transport
    switch workspace.output.withSpan({ transport.send($0) }) {
    case .bytes(let count):
      guard count < workspace.output.count || !body.isEmpty else { break }
      outbox = Outbox(workspace.output, from: count, then: body)
      // What was cut short would block at once; a body that follows may go.
      if count == workspace.output.count { sendKept(in: &workspace, on: loop) }
    case .wouldBlock:
      outbox = Outbox(workspace.output, from: 0, then: body)
    case .endOfStream, .failed:
      perform(.abandon, in: &workspace, on: loop)
    }
    workspace.output.removeAll(keepingCapacityUpTo: EventLoop.outputMax)
  }

  /// Sends `bytes` when nothing is kept; what does not fit is.
  func send(_ bytes: [UInt8], in workspace: inout Workspace, on loop: isolated EventLoop) {
    outbox = Outbox(bytes)
    sendKept(in: &workspace, on: loop)
  }

  /// Sends what was kept, as far as the send buffer takes it.
  func sendKept(in workspace: inout Workspace, on loop: isolated EventLoop) {
    while !outbox.isEmpty {
      let (bytes, offset) = outbox.front
      switch transport.send(bytes.span.extracting(offset...)) {
      case .bytes(let count): outbox = outbox.advanced(by: count)
      case .wouldBlock: return
      case .endOfStream, .failed: return perform(.abandon, in: &workspace, on: loop)
      }
    }
  }

  var isBlocked: Bool { !outbox.isEmpty }

  // MARK: Between events

  /// After anything happened: sends, and takes up the state that fits what is left to do.
  func settle(in workspace: inout Workspace, on loop: isolated EventLoop) {
    flush(in: &workspace, on: loop)
    // A handler that may wait is started when all earlier answers are sent, so that at most one answer is ever kept for
    // a client that does not read; one that did not wait is followed by the next request at once.
    while let exchange, exchange.isReady, state.phase != .handling, !isBlocked {
      start(exchange, in: &workspace, on: loop)
      takePending(in: &workspace, on: loop)
      flush(in: &workspace, on: loop)
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
    } else if state.isEnding, let session, !session.finishSending() {
      // Not a byte more goes out, not even a goodbye.
      state.writeBlocked(at: loop.now, timeouts)
    } else {
      if !pending.isEmpty {
        // The client has sent more than we will read: closing now would reset the connection under our answer.
        state.end(.linger)
        pending = []
      } else if state.ending == .close, session != nil, transport.hasUnread {
        // The client's close_notify are bytes too.
        state.end(.linger)
      }
      // On a copy: one call inside of a field would have every access to it checked at run time.
      var next = state
      let action = next.answered(at: loop.now, timeouts)
      state = next
      perform(action, in: &workspace, on: loop)
    }
    watch(in: &workspace, on: loop)
  }

  func perform(
    _ action: ConnectionState.Action, in workspace: inout Workspace, on loop: isolated EventLoop
  ) {
    switch action {
    case .wait: break
    case .refuse(let limit):
      loop.hit(limit)
      let request = exchange?.request
      leaveExchange(on: loop)
      refuse(.timeout, request, in: &workspace, on: loop)
      settle(in: &workspace, on: loop)
    case .close: close(in: &workspace, on: loop)
    case .abandon:
      loop.context.metrics.abandoned.add(shard: loop.shard)
      close(in: &workspace, on: loop)
    case .cut(let limit):
      loop.hit(limit)
      if isBlocked { loop.context.metrics.abandoned.add(shard: loop.shard) }
      close(in: &workspace, on: loop)
    case .finishSending: transport.finishSending()
    }
  }

  /// Has the loop watch for what the state waits for, until its deadline.
  func watch(in workspace: inout Workspace, on loop: isolated EventLoop) {
    guard state.phase != .closed else { return }
    let wanted: Poller.Interest =
      switch state.phase {
      case .writing: session?.awaitsOther == true ? .read : .write
      case .handling: []
      default: session?.awaitsOther == true ? .write : .read
      }
    if hasUnread, !isQueued {
      isQueued = true
      workspace.unread.append(self)
    }
    loop.watch(self, wanted, instead: slot == nil ? nil : interest, in: &workspace)
    interest = wanted
  }

  /// Whether there is something to read that epoll does not see.
  var hasUnread: Bool {
    guard let session, session.hasUnread else { return false }
    switch state.phase {
    case .opening, .idle, .head, .body: return true
    case .handshaking, .handling, .writing, .lingering, .closed: return false
    }
  }

  /// Reads and drops what comes after our FIN; what of it is TLS nobody wants to know.
  private func drop(in workspace: inout Workspace, on loop: isolated EventLoop) {
    switch stream.receive(into: &workspace.input, from: 0) {
    case .bytes(let count): perform(state.dropped(count), in: &workspace, on: loop)
    case .wouldBlock: break
    case .endOfStream, .failed: close(in: &workspace, on: loop)
    }
  }

  func close(in workspace: inout Workspace, on loop: isolated EventLoop) {
    guard state.phase != .closed else { return }
    state.close()
    leaveExchange(on: loop)
    loop.forget(self, in: &workspace)
    session?.finishSending()
    session = nil
    socket = .closed
  }

  func leaveExchange(on loop: isolated EventLoop) {
    guard exchange != nil else { return }
    exchange = nil
    loop.context.admission.requestEnded()
  }
}
