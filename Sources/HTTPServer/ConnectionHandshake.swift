internal import HTTP
internal import Metrics
internal import Networking
internal import TLS

/// The handshake that comes before the first request on a TLS listener.
extension Connection {
  /// ContentType handshake, RFC 8446 §5.1: what every TLS connection begins with.
  private static var handshakeRecord: UInt8 { 22 }

  /// Goes on with the handshake as far as the client's bytes go; true when it is done.
  func shakeHands(in workspace: inout Workspace, on loop: isolated EventLoop) -> Bool {
    guard let session, let endpoint = loop.context.tls else { preconditionFailure() }
    let metrics = loop.context.metrics.tls
    if !session.hasBegun {
      switch stream.peek() {
      case .byte(Self.handshakeRecord): break
      case .byte(let first) where (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first):
        metrics?.ended(.plainHTTP, shard: loop.shard)
        refusePlainHTTP(in: &workspace, on: loop)
        return false
      case .byte: break
      case .nothing:
        watch(in: &workspace, on: loop)
        return false
      case .end:
        // A tcpSocket probe.
        close(in: &workspace, on: loop)
        return false
      }
    }
    switch session.handshake() {
    case .done:
      loop.tellTime(in: &workspace)
      let timeouts = loop.context.timeouts
      metrics?.succeeded(session, nanoseconds: loop.now - state.handshakeBegan(timeouts), shard: loop.shard)
      state.handshakeEnded(at: loop.now, timeouts)
      if let idle = loop.drainIdle { state.drain(idle: idle, at: loop.now) }
      return true
    case .wouldBlock:
      watch(in: &workspace, on: loop)
    case .endOfStream:
      metrics?.ended(.closed, shard: loop.shard)
      close(in: &workspace, on: loop)
    case .failed(let reason):
      metrics?.ended(.failed, shard: loop.shard)
      endpoint.handshakeFailed(peer, reason)
      // The alert is on its way, and must not be overtaken by a reset.
      state.end(.linger)
      settle(in: &workspace, on: loop)
    }
    return false
  }

  /// Somebody wrote `http://` with the port of `https://`: an answer that can be read tells him so.
  private func refusePlainHTTP(in workspace: inout Workspace, on loop: isolated EventLoop) {
    session = nil
    loop.context.metrics.refused.add(shard: loop.shard)
    state.end(.linger)
    workspace.request.reset()
    let problem = Problem.response(
      .badRequest, detail: "This port speaks HTTPS, and the request came as plain HTTP.", accept: [])
    respond(with: problem, bytes: 0, route: nil, began: loop.now, isLast: true, in: &workspace, on: loop)
    settle(in: &workspace, on: loop)
  }
}
