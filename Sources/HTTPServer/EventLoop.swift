internal import Dispatch
internal import HTTP
internal import Metrics
package import Networking
internal import Synchronization

/// One thread's worth of a server: a serial queue, an epoll descriptor, a listening socket of each address, and the
/// connections that came in there.
///
/// Dispatch schedules, epoll batches: one dispatch source watches the epoll descriptor. When it fires, the loop drains
/// epoll and stays there while there is something to do, so that a busy connection costs no trip through Dispatch.
package actor EventLoop {
  /// How long the loop waits for the next event before it gives its thread back.
  private static let lingerMilliseconds: Int32 = 20
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
  var listeners: [ListeningSocket]
  var siblings: [EventLoop] = []
  var spare = SpareDescriptor()
  var listenersPaused = false
  private var armed: Int64?
  /// Nanoseconds that a silent connection has left; nil until the process stops.
  var drainIdle: Int64?

  private var connections: [Connection] = []
  /// Closed in this batch: a later event of it may still point at them.
  private var closed: [Connection] = []
  var deadlines: Deadlines<Connection>
  /// The instant of the last wake-up or answer, monotonic nanoseconds.
  private(set) var now: Int64
  private var calendar: Calendar

  /// Where every connection's bytes are received.
  var input: [UInt8]
  var workspace = Workspace(requestIDs: RequestIDs(seed: .random(in: .min ... .max)))
  /// The request being read; its arrays keep their storage.
  var scratch = Request()

  /// Date and what else every answer carries.
  var commonFields: [UInt8] { calendar.commonFields }

  package init(label: String, shard: Int, context: ServerContext, listeners: [ListeningSocket]) throws(Errno) {
    let doorbell = try Doorbell()
    executor = QueueExecutor(label: label, doorbell: doorbell)
    self.label = label
    self.context = context
    self.shard = shard
    self.listeners = listeners
    calendar = Calendar(fields: context.identityFields)
    now = Clock.monotonic
    deadlines = Deadlines(now: now)
    let limits = context.parserLimits
    input = [UInt8](repeating: 0, count: max(64 << 10, limits.requestLineMax + limits.headerMax + (16 << 10)))
    timer = try Timer()
    poller = try Poller()
    try poller.add(doorbell.descriptor, .read, token: Token.doorbell)
    try poller.add(timer.descriptor, .read, token: Token.timer)
    for (index, listener) in listeners.enumerated() {
      try poller.add(listener.descriptor, .read, token: Token.listener(index))
    }
  }

  /// Begins to accept. `siblings` are the loops that share its listeners' addresses.
  package func start(siblings: [EventLoop]) {
    self.siblings = siblings.filter { $0 !== self }
    let source = DispatchSource.makeReadSource(fileDescriptor: poller.descriptor, queue: executor.queue)
    // The source keeps the loop; `end` cancels it.
    source.setEventHandler { self.assumeIsolated { $0.turn() } }
    self.source = source
    source.activate()
  }

  // MARK: A turn

  /// Serves what epoll has, until it is silent, or the queue has other work.
  private func turn() {
    let entered = Clock.monotonic
    var isSilent = false
    var givesWay = false
    while !isSilent, !givesWay, now - entered < Self.turnMax {
      let count = poller.wait(milliseconds: Self.lingerMilliseconds)
      isSilent = count == 0
      tellTime()
      for index in 0..<count {
        givesWay = handle(poller.event(index)) || givesWay
      }
      while let connection = deadlines.popExpired(at: now) { connection.timedOut(on: self) }
      closed.removeAll(keepingCapacity: true)
      if workspace.log.count > Self.logHighWater { handOverLog() }
    }
    endWork()
  }

  /// What remains to do when the thread is given back: at the end of a turn, and of whatever ran outside of one.
  func endWork() {
    handOverLog()
    armTimer()
  }

  /// True when the loop is to give its thread back: work was queued.
  private func handle(_ event: Poller.Event) -> Bool {
    switch event.token {
    case Token.doorbell:
      executor.doorbell.silence()
      return true
    case Token.timer:
      timer.arm(at: nil)
      armed = nil
      if listenersPaused { resumeListeners() }
    case ..<Token.connections:
      accept(from: listeners[Token.listenerIndex(event.token)])
    default:
      let connection = Token.connection(event.token)
      switch connection.state.phase {
      case .closed: break
      case .handling: connection.hungUp(on: self)
      case .writing: connection.writable(on: self)
      case .opening, .idle, .head, .body, .lingering: connection.readable(on: self)
      }
    }
    return false
  }

  /// While the loop does not wait in epoll itself, the timer in the set wakes it for the next deadline.
  private func armTimer() {
    let next = listenersPaused ? now + Self.turnMax : deadlines.next
    guard next != armed else { return }
    timer.arm(at: next)
    armed = next
  }

  // MARK: For its connections

  func tellTime() {
    now = Clock.monotonic
    calendar.turn(to: now)
  }

  func hit(_ limit: Limit) {
    context.metrics.hit(limit, shard: shard)
  }

  /// Tells metrics and access log of an answer that was just rendered.
  func record(_ answered: Answered, _ request: Request?, peer: SocketAddress, in workspace: inout Workspace) {
    let route = answered.route
    var counted = answered
    counted.route = context.metricRoutes[route]
    context.metrics.record(counted, shard: shard)
    let isProbe = context.isProbe(route)
    guard context.accessLog.logs(isProbe ? .probe : .service) else { return }
    context.accessLog.append(
      answered, request, route: context.metrics.routes[counted.route], isProbe: isProbe, peer: peer,
      requestID: workspace.requestID, to: &workspace.log
    ) { calendar.appendTimestamp(at: now, to: &$0) }
    workspace.logCount += 1
  }

  private func handOverLog() {
    guard workspace.logCount > 0 else { return }
    context.accessLog.sink(workspace.log, workspace.logCount)
    workspace.log = []
    workspace.logCount = 0
  }

  /// Watches `connection` until its deadline; `old` is what it was watched for, nil when it is new here.
  func watch(_ connection: Connection, _ wanted: Poller.Interest, instead old: Poller.Interest?) {
    do throws(Errno) {
      if old == nil {
        if connection.hasAnswered, connection.state.phase == .idle, let lighter = lighterSibling {
          return move(connection, to: lighter)
        }
        try poller.add(connection.socket.descriptor, wanted, token: Token.of(connection))
        connection.slot = connections.count
        connections.append(connection)
        load.connections.add(1, ordering: .relaxed)
      } else if wanted != old {
        try poller.change(connection.socket.descriptor, wanted, token: Token.of(connection))
      }
    } catch {
      _ = connection.cut(on: self)
      return
    }
    deadlines.schedule(connection)
    count(connection)
  }

  /// Lets go of a closed connection, and frees its place.
  func forget(_ connection: Connection) {
    context.admission.connectionClosed()
    guard let slot = connection.slot else { return }
    // Closing is not enough: while a forked child holds a copy of the descriptor, the set would go on to hand out the
    // connection's address.
    poller.remove(connection.socket.descriptor)
    let last = connections.removeLast()
    if last !== connection {
      connections[slot] = last
      last.slot = slot
    }
    connection.slot = nil
    closed.append(connection)
    deadlines.remove(connection)
    load.connections.subtract(1, ordering: .relaxed)
    count(connection)
    if listenersPaused { resumeListeners() }
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
    tellTime()
    drainIdle = idle
    for listener in listeners { listener.deferAccept(seconds: 0) }
    for connection in connections { connection.drain(idle: idle, on: self) }
    endWork()
  }

  /// From now on no handshake begins; those begun still come in.
  func refuseNewConnections() {
    for listener in listeners { try? listener.refuseNewConnections() }
  }

  /// Closes the listening sockets; what is still in their queues is accepted first.
  func closeListeners() {
    tellTime()
    for listener in listeners {
      accept(from: listener)
      poller.remove(listener.descriptor)
    }
    listeners = []
  }

  /// Ends what is left, and tells how many connections had a request under way.
  func cutConnections() -> Int {
    tellTime()
    var underWay = 0
    // Each leaves the list as it is cut.
    while let connection = connections.last {
      if connection.cut(on: self) { underWay += 1 }
    }
    closed.removeAll()
    context.metrics.cut.add(UInt64(underWay), shard: shard)
    endWork()
    return underWay
  }

  /// The end: no event comes any more.
  func end() {
    handOverLog()
    source?.cancel()
    source = nil
    siblings = []
  }
}
