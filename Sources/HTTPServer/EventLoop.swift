internal import Dispatch
internal import HTTP
internal import Metrics
package import Networking
internal import Synchronization
internal import TLS

/// One thread's worth of a server: a serial queue, an epoll descriptor, a listening socket of each address, and the
/// connections that came in there.
///
/// Dispatch schedules, epoll batches: one dispatch source watches the epoll descriptor. When it fires, the loop drains
/// epoll and stays there while there is something to do, so that a busy connection costs no trip through Dispatch.
package actor EventLoop {
  /// How long the loop waits for the next event before it gives its thread back.
  private static let linger: Int64 = 20_000_000
  /// How long it may keep its thread under steady load: work on its queue waits meanwhile.
  private static let turnMax: Int64 = 100_000_000
  /// Log lines are handed over when so many bytes have come together, or the loop has nothing else to do.
  private static let logHighWater = 32 << 10
  /// The output buffer is given back when it has grown beyond this.
  static let outputMax = 1 << 20

  /// Names the loop in log and probes: `http-0`, `management`.
  package nonisolated let label: String
  nonisolated let executor: QueueExecutor
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }
  nonisolated let load = LoopLoad()
  nonisolated let context: ServerContext
  /// Its place in the metrics.
  nonisolated let shard: Int

  let poller: Poller
  private let timer: Timer
  private var source: (any DispatchSourceRead)?
  var listeners: [Listener]
  var siblings: [EventLoop] = []
  var spare = SpareDescriptor()
  /// The instant from which listeners are asked again; nil while they are.
  var listenersPausedUntil: Int64?
  /// What the timer is set to; `.max`: to nothing; 0: it has fired, and fires on until it is set anew.
  private var armed = Int64.max
  /// Nanoseconds that a silent connection has left; nil until the process stops.
  var drainIdle: Int64?

  private var connections: [Connection] = []
  /// The instant of the last wake-up or answer, monotonic nanoseconds.
  private(set) var now: Int64
  /// Nil while it is lent.
  private var workspace: Workspace?

  package init(label: String, shard: Int, context: ServerContext, listeners: [Listener]) throws(Errno) {
    let doorbell = try Doorbell()
    executor = QueueExecutor(label: label, doorbell: doorbell)
    self.label = label
    self.context = context
    self.shard = shard
    self.listeners = listeners
    now = Clock.monotonic
    let limits = context.parserLimits
    workspace = Workspace(
      inputCapacity: max(64 << 10, limits.requestLineMax + limits.headerMax + (16 << 10)),
      codedBodies: CodedBodies(bytesMax: context.gzipKeptMax), calendar: Calendar(fields: context.identityFields),
      deadlines: Deadlines(now: now))
    timer = try Timer()
    poller = try Poller()
    try poller.add(doorbell.descriptor, .read, token: Token.doorbell)
    try poller.add(timer.descriptor, .read, token: Token.timer)
    for (index, listener) in listeners.enumerated() {
      try poller.add(listener.socket.descriptor, .read, token: Token.listener(index))
    }
  }

  /// Begins to accept. `siblings` are the loops that share its listeners' addresses.
  package func start(siblings: [EventLoop]) {
    self.siblings = siblings.filter { $0 !== self }
    let source = DispatchSource.makeReadSource(fileDescriptor: poller.descriptor, queue: executor.queue)
    // The source keeps the loop; `end` cancels it.
    source.setEventHandler { self.assumeIsolated { loop in loop.lend { loop.turn(in: &$0) } } }
    self.source = source
    source.activate()
  }

  // MARK: A turn

  /// Lends the workspace to `body`, and then does what remains to do before the thread is given back.
  func lend<Result>(_ body: (inout Workspace) -> Result) -> Result {
    guard var workspace = workspace.take() else { preconditionFailure("the workspace is lent already") }
    let result = body(&workspace)
    handOverLog(from: &workspace)
    armTimer(workspace)
    self.workspace = consume workspace
    return result
  }

  /// Serves what epoll has, until it is silent, or the queue has other work.
  private func turn(in workspace: inout Workspace) {
    let entered = Clock.monotonic
    var served = entered
    var isSilent = false
    var givesWay = false
    // A timeout of epoll_wait's would start and end a timer of the kernel's in each wait that sleeps. The loop's own is
    // set once, and set again where it fires and somebody was served meanwhile.
    setTimer(to: entered + Self.linger)
    while !isSilent, !givesWay, now - entered < Self.turnMax {
      let unread = workspace.unread
      let count = poller.wait(milliseconds: unread.isEmpty ? -1 : 0)
      tellTime(in: &workspace)
      for index in 0..<count {
        switch handle(poller.event(index), in: &workspace) {
        case .served: served = now
        case .timer: armed = 0
        case .doorbell: givesWay = true
        }
      }
      if !unread.isEmpty {
        readOn(unread, in: &workspace)
        served = now
      }
      if armed == 0 {
        isSilent = now - served >= Self.linger
        if !isSilent { setTimer(to: served + Self.linger) }
      }
      while let connection = workspace.deadlines.popExpired(at: now) { connection.timedOut(in: &workspace, on: self) }
      if !workspace.closed.isEmpty { workspace.closed.removeAll(keepingCapacity: true) }
      if workspace.log.count > Self.logHighWater { handOverLog(from: &workspace) }
    }
  }

  /// Serves connections that epoll does not tell of, each once: the next batch of events comes in between.
  private func readOn(_ connections: [Connection], in workspace: inout Workspace) {
    workspace.unread.removeFirst(connections.count)
    for connection in connections {
      connection.isQueued = false
      if connection.hasUnread { connection.readable(in: &workspace, on: self) }
    }
  }

  /// What an event came to.
  private enum Handled {
    /// Somebody was served.
    case served
    /// The timer fired, and has to be set anew.
    case timer
    /// The loop is to give its thread back: work was queued.
    case doorbell
  }

  private func handle(_ event: Poller.Event, in workspace: inout Workspace) -> Handled {
    switch event.token {
    case Token.doorbell:
      executor.doorbell.silence()
      return .doorbell
    case Token.timer:
      if let listenersPausedUntil, now >= listenersPausedUntil { resumeListeners() }
      return .timer
    case ..<Token.connections:
      accept(from: listeners[Token.listenerIndex(event.token)], in: &workspace)
    default:
      Token.withConnection(event.token) { connection in
        switch connection.state.phase {
        case .closed: break
        case .handling: connection.hungUp(in: &workspace, on: self)
        case .writing: connection.writable(in: &workspace, on: self)
        case .handshaking, .opening, .idle, .head, .body, .lingering: connection.readable(in: &workspace, on: self)
        }
      }
    }
    return .served
  }

  /// While the loop does not wait in epoll itself, the timer in the set wakes it for the next deadline.
  private func armTimer(_ workspace: borrowing Workspace) {
    let next = min(workspace.deadlines.next ?? .max, listenersPausedUntil ?? .max)
    setTimer(to: workspace.unread.isEmpty ? next : now)
  }

  /// Sets the timer where it has fired, or would fire later; `.max` is never. An earlier setting stays: a wake-up too
  /// many is cheaper than a call for each turn.
  private func setTimer(to instant: Int64) {
    guard armed == 0 || instant < armed else { return }
    timer.arm(at: instant == .max ? nil : instant)
    armed = instant
  }

  // MARK: For its connections

  func tellTime(in workspace: inout Workspace) {
    now = Clock.monotonic
    workspace.calendar.turn(to: now)
  }

  func hit(_ limit: Limit) {
    context.metrics.hit(limit, shard: shard)
  }

  /// Tells metrics and access log of an answer that was just rendered.
  func record(_ answered: Answered, of connection: Connection, in workspace: inout Workspace) {
    let route = answered.route
    context.count(answered, shard: shard)
    let isService = context.isService(route)
    let isProbe = !isService && context.isProbe(route)
    if !isService {
      context.tellOfProbe(
        workspace.request, at: route, from: connection.peer, status: answered.status, duration: answered.duration,
        now: now)
    }
    guard context.accessLog.scope.contains(isProbe ? .probes : .service) else { return }
    context.accessLog.append(
      answered, workspace.request, route: context.metrics.routes[context.metricRoutes[route]], isProbe: isProbe,
      peer: connection.peer, subject: connection.session?.peerSubject, requestID: workspace.requestID.bytes, at: now,
      by: workspace.calendar, to: &workspace.log)
    workspace.logCount += 1
  }

  private func handOverLog(from workspace: inout Workspace) {
    guard workspace.logCount > 0 else { return }
    context.accessLog.sink(workspace.log, workspace.logCount)
    workspace.log = []
    workspace.logCount = 0
  }

  /// Watches `connection` until its deadline; `old` is what it was watched for, nil when it is new here.
  func watch(
    _ connection: Connection, _ wanted: Poller.Interest, instead old: Poller.Interest?, in workspace: inout Workspace
  ) {
    do throws(Errno) {
      if let old {
        // Their own == would go through a table of witnesses, for each request.
        if wanted.rawValue != old.rawValue {
          try poller.change(connection.stream.descriptor, wanted, token: Token.of(connection))
        }
      } else {
        if connection.hasAnswered, connection.session == nil, connection.state.phase == .idle,
          let lighter = lighterSibling
        {
          return move(connection, to: lighter)
        }
        try poller.add(connection.stream.descriptor, wanted, token: Token.of(connection))
        connection.slot = connections.count
        connections.append(connection)
        load.connections.add(1, ordering: .relaxed)
      }
    } catch {
      _ = connection.cut(in: &workspace, on: self)
      return
    }
    workspace.deadlines.schedule(connection)
    count(connection)
  }

  /// Lets go of a closed connection, and frees its place.
  func forget(_ connection: Connection, in workspace: inout Workspace) {
    context.admission.connectionClosed()
    guard let slot = connection.slot else { return }
    // Closing is not enough: while a forked child holds a copy of the descriptor, the set would go on to hand out the
    // connection's address.
    poller.remove(connection.stream.descriptor)
    let last = connections.removeLast()
    if last !== connection {
      connections[slot] = last
      last.slot = slot
    }
    connection.slot = nil
    workspace.closed.append(connection)
    workspace.deadlines.remove(connection)
    load.connections.subtract(1, ordering: .relaxed)
    count(connection)
    if listenersPausedUntil != nil { resumeListeners() }
  }

  /// Keeps `http_connections` in step with the connection's state.
  private func count(_ connection: Connection) {
    let phase = connection.state.phase
    guard connection.counted != phase else { return }
    context.metrics.moveConnection(from: connection.counted, to: phase, shard: shard)
    connection.counted = phase
  }

  // MARK: Stopping

  /// The process is stopping: what the kernel holds back surfaces, and silent connections have `idle` nanoseconds left.
  func beginDrain(idle: Int64) {
    drainIdle = idle
    for listener in listeners { listener.socket.deferAccept(seconds: 0) }
    lend { workspace in
      tellTime(in: &workspace)
      for connection in connections { connection.drain(idle: idle, in: &workspace, on: self) }
    }
  }

  /// From now on no handshake begins; those begun still come in.
  func refuseNewConnections() {
    for listener in listeners { try? listener.socket.refuseNewConnections() }
  }

  /// Closes the listening sockets; what is still in their queues is accepted first, all of it: a loop that had no
  /// processor for a while may find any number there.
  func closeListeners() {
    lend { workspace in
      tellTime(in: &workspace)
      for listener in listeners {
        while accept(from: listener, in: &workspace) {}
        poller.remove(listener.socket.descriptor)
      }
    }
    listeners = []
  }

  /// Ends what is left, and counts the connections that had a request under way.
  func cutConnections() {
    lend { workspace in
      tellTime(in: &workspace)
      // Each leaves the list as it is cut.
      while let connection = connections.last {
        if connection.cut(in: &workspace, on: self) { context.metrics.cut.add(shard: shard) }
      }
      workspace.closed.removeAll()
    }
  }

  /// The end: no event comes any more.
  func end() {
    source?.cancel()
    source = nil
    siblings = []
  }
}
