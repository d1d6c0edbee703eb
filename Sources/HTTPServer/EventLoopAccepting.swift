internal import HTTP
internal import Metrics
internal import Networking
internal import Synchronization
internal import TLS

/// A listening socket of a loop, and what is spoken there.
package struct Listener: Sendable {
  let socket: ListeningSocket
  let speaksTLS: Bool
}

/// How connections come to a loop: from its listening sockets, or from a loop that has more of them.
extension EventLoop {
  /// Connections accepted of one event, so that a flood of them does not starve the open ones.
  private static var acceptBatch: Int { 16 }

  /// A batch of connections; true when more of them may wait.
  @discardableResult
  func accept(from listener: Listener, in workspace: inout Workspace) -> Bool {
    for _ in 0..<Self.acceptBatch {
      switch listener.socket.accept() {
      case .connection(let socket, let peer):
        load.lastAccept.store(now, ordering: .relaxed)
        // Another loop gave its spare descriptor up, and it may be this one.
        if SpareDescriptor.isMissing {
          context.metrics.acceptFailed(outOfDescriptors: true, shard: shard)
          refuse(socket, from: listener, in: &workspace)
          continue
        }
        context.metrics.accepted.add(shard: shard)
        if listener.speaksTLS, let lighter = lighterSibling {
          // A handshake costs fifty times what the way there does, so it is done where the connection is to stay.
          send(socket, peer: peer, to: lighter)
        } else {
          open(socket, peer: peer, speaksTLS: listener.speaksTLS, in: &workspace)
        }
      case .none:
        return false
      case .outOfDescriptors:
        guard shedWithSpareDescriptor(from: listener, in: &workspace) else { return false }
      case .aborted:
        context.metrics.acceptFailed(outOfDescriptors: false, shard: shard)
      case .failed:
        context.metrics.acceptFailed(outOfDescriptors: false, shard: shard)
        pauseListeners()
        return false
      }
    }
    return true
  }

  private func open(
    _ socket: consuming Socket, peer: SocketAddress, speaksTLS: Bool, in workspace: inout Workspace
  ) {
    let entry = context.admission.connectionOpened()
    if entry != .served { hit(context.connectionLimit) }
    var session: TLSSession?
    if speaksTLS, let tls = context.tls {
      // The dearest work is not for those who get nothing.
      if entry == .turnedAway {
        hit(.shedConnectionsMax)
        return context.admission.connectionClosed()
      }
      do throws(TLSError) {
        session = try tls.context().session(on: socket.stream)
      } catch {
        context.admission.connectionClosed()
        return context.metrics.acceptFailed(outOfDescriptors: false, shard: shard)
      }
    }
    let timeouts = context.timeouts
    let connection = Connection(
      socket, session: session, peer: peer,
      state: speaksTLS ? ConnectionState(handshakeAt: now, timeouts) : ConnectionState(acceptedAt: now, timeouts),
      expiry: context.expiry(from: now), isShed: entry != .served)
    // With deferred accept the request is usually there: a one-shot client is answered and closed without ever being
    // registered, which is a quarter of its cost.
    connection.readable(in: &workspace, on: self)
    if entry == .turnedAway {
      hit(.shedConnectionsMax)
      _ = connection.cut(in: &workspace, on: self)
    } else if let drainIdle {
      connection.drain(idle: drainIdle, in: &workspace, on: self)
    }
  }

  /// Out of descriptors: gives up the spare one for as long as it takes to say so to a client. False when nobody waits,
  /// or when it cannot be done.
  private func shedWithSpareDescriptor(from listener: Listener, in workspace: inout Workspace) -> Bool {
    spare.giveUp()
    // accept4(2) looks for a descriptor first, and only then whether there is a client.
    var isSomebodyThere = true
    switch listener.socket.accept() {
    case .connection(let socket, _): refuse(socket, from: listener, in: &workspace)
    case .none: isSomebodyThere = false
    default: break
    }
    if isSomebodyThere { context.metrics.acceptFailed(outOfDescriptors: true, shard: shard) }
    guard spare.takeBack() else {
      pauseListeners()
      return false
    }
    return isSomebodyThere
  }

  /// Answers a client for which there is no descriptor, whatever it asked, and ends it. Over TLS it would take a
  /// handshake to tell it anything.
  private func refuse(_ socket: consuming Socket, from listener: Listener, in workspace: inout Workspace) {
    guard !listener.speaksTLS else { return }
    // What is left unread would make close(2) a reset.
    _ = socket.stream.receive(into: &workspace.input, from: 0)
    workspace.request.reset()
    workspace.chooseRequestID()
    var output = OutputBuffer()
    ResponseEncoder.append(
      context.overloaded(nil), omitBody: false, persistence: .close, commonFields: workspace.calendar.commonFields,
      requestID: workspace.requestID, to: &output)
    let stream = socket.stream
    _ = output.withSpan { stream.send($0) }
  }

  private static var listenersPause: Int64 { 100_000_000 }

  /// For a tenth of a second, or until a connection is closed: asking at once again would spin.
  private func pauseListeners() {
    listenersPausedUntil = now + Self.listenersPause
    for (index, listener) in listeners.enumerated() {
      try? poller.change(listener.socket.descriptor, [], token: Token.listener(index))
    }
  }

  func resumeListeners() {
    guard spare.takeBack() else {
      listenersPausedUntil = now + Self.listenersPause
      return
    }
    listenersPausedUntil = nil
    for (index, listener) in listeners.enumerated() {
      try? poller.change(listener.socket.descriptor, .read, token: Token.listener(index))
    }
  }

  // MARK: Moving

  /// SO_REUSEPORT deals few connections unevenly; one that stays may move once.
  var lighterSibling: EventLoop? {
    guard !siblings.isEmpty, !context.drain.isRaised else { return nil }
    let own = load.connections.load(ordering: .relaxed)
    return siblings.first { $0.load.connections.load(ordering: .relaxed) + 2 <= own }
  }

  func move(_ connection: Connection, to other: EventLoop) {
    let descriptor = connection.release()
    let peer = connection.peer
    let expiry = connection.expiry
    hand(to: other) { $0.adopt(descriptor, peer: peer, expiry: expiry, in: &$1) }
  }

  /// A connection of which nothing is read yet.
  private func send(_ socket: consuming Socket, peer: SocketAddress, to other: EventLoop) {
    let descriptor = socket.release()
    hand(to: other) { $0.open(Socket(owning: descriptor), peer: peer, speaksTLS: true, in: &$1) }
  }

  /// Has `other` take a connection in. It counts there at once: whoever asks for the lighter loop next must see it.
  private func hand(
    to other: EventLoop, _ take: @escaping @Sendable (isolated EventLoop, inout Workspace) -> Void
  ) {
    other.load.connections.add(1, ordering: .relaxed)
    other.executor.enqueue {
      other.assumeIsolated { loop in
        loop.load.connections.subtract(1, ordering: .relaxed)
        loop.lend { workspace in
          loop.tellTime(in: &workspace)
          take(loop, &workspace)
        }
      }
    }
  }

  private func adopt(_ descriptor: Int32, peer: SocketAddress, expiry: Int64, in workspace: inout Workspace) {
    let connection = Connection(
      Socket(owning: descriptor), session: nil, peer: peer, state: ConnectionState(idleAt: now, context.timeouts),
      expiry: expiry,
      isShed: false)
    watch(connection, .read, instead: nil, in: &workspace)
    if let drainIdle { connection.drain(idle: drainIdle, in: &workspace, on: self) }
  }
}
