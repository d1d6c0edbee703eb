/// One connection's life as a pure state machine: events and the instant go in, what to do comes out. It holds the one
/// deadline that is in force. Instants are nanoseconds of a monotonic clock.
package struct ConnectionState: Sendable {
  package enum Phase: Sendable, CaseIterable {
    /// TLS is being agreed on.
    case handshaking
    /// Accepted; no byte has come.
    case opening
    /// Between two requests.
    case idle
    /// A part of a head has come.
    case head
    /// The head is complete, its body is coming.
    case body
    /// A handler answers later.
    case handling
    /// An answer waits for room in the send buffer.
    case writing
    /// Our FIN is sent; what still comes is read and dropped, so that no RST overtakes the answer.
    case lingering
    case closed
  }

  /// How the connection goes on after the answer under way.
  package enum Ending: Int, Sendable, Comparable {
    /// It is kept for the next request.
    case keep
    /// The client asked for the end, and sends nothing more: close(2) sends a FIN.
    case close
    /// The end is our decision, and the client may be sending: half-close, then read on for a while.
    case linger

    package static func < (one: Ending, other: Ending) -> Bool { one.rawValue < other.rawValue }
  }

  package enum Action: Sendable, Equatable {
    case wait
    /// Answer 408, then close.
    case refuse(Limit)
    /// Nobody waits for an answer: close without one.
    case close
    /// As `close`, but a request was under way that will not be answered.
    case abandon
    /// A limit of ours ends the connection: close without an answer, and count which.
    case cut(Limit)
    /// shutdown(2) the sending half and read on.
    case finishSending
  }

  package struct Timeouts: Sendable {
    /// Of TLS, from the accept to its end.
    package var handshake = seconds(10)
    /// From the first byte of a head, or from the accept, to its end.
    package var head = seconds(10)
    /// Between two parts of a body.
    package var body = seconds(30)
    /// Until a blocked answer moves on.
    package var write = seconds(30)
    /// Between two requests.
    package var idle = seconds(120)
    /// Bytes a second that a body must have reached, after `body` from its start; 0 turns it off.
    package var bodyRateMin = 240
    /// While what still comes is dropped.
    package var linger = seconds(5)

    package init() {}

    package static func seconds(_ seconds: Double) -> Int64 { Int64(seconds * 1e9) }
  }

  /// Bytes that are read and dropped after our FIN.
  package static let lingerBytesMax = 16 << 20

  package private(set) var phase: Phase = .opening
  package private(set) var deadline: Int64
  package private(set) var ending: Ending = .keep
  /// The client's FIN came while an answer was under way: it gets that answer, then the end.
  package private(set) var peerFinished = false
  /// A silent connection is closed for the drain, and no limit is hit.
  private var isDraining = false
  private var bodyBegan: Int64 = 0
  private var bodyLimit = Limit.bodyTimeout
  private var dropped = 0

  package init(acceptedAt now: Int64, _ timeouts: Timeouts) {
    deadline = now + timeouts.head
  }

  /// A connection that begins with a handshake.
  package init(handshakeAt now: Int64, _ timeouts: Timeouts) {
    phase = .handshaking
    deadline = now + timeouts.handshake
  }

  /// A connection that another loop accepted and answered once.
  package init(idleAt now: Int64, _ timeouts: Timeouts) {
    phase = .idle
    deadline = now + timeouts.idle
  }

  /// When the handshake under way began.
  package func handshakeBegan(_ timeouts: Timeouts) -> Int64 { deadline - timeouts.handshake }

  /// TLS is agreed on, and nobody has asked anything.
  package mutating func handshakeEnded(at now: Int64, _ timeouts: Timeouts) {
    phase = .opening
    deadline = now + timeouts.head
  }

  /// A head is complete: what comes is another body, and another head.
  package mutating func headEnded() {
    if phase == .head || phase == .body { phase = .idle }
  }

  /// Bytes of a head came, but not its end.
  package mutating func headContinues(at now: Int64, _ timeouts: Timeouts) {
    guard phase != .head else { return }
    phase = .head
    deadline = now + timeouts.head
  }

  /// A head is complete that announces a body; `received` bytes of it have come so far.
  package mutating func bodyContinues(received: Int, at now: Int64, _ timeouts: Timeouts) {
    if phase != .body {
      phase = .body
      bodyBegan = now
    }
    deadline = now + timeouts.body
    bodyLimit = .bodyTimeout
    guard timeouts.bodyRateMin > 0 else { return }
    // A client that trickles keeps the connection only as long as the bytes so far pay for.
    let paid = bodyBegan + timeouts.body + Int64(Double(received) / Double(timeouts.bodyRateMin) * 1e9)
    if paid < deadline {
      deadline = paid
      bodyLimit = .bodyRateMin
    }
  }

  /// A handler was given the request and answers later; its own deadline is its store's.
  package mutating func handlerBegan() {
    phase = .handling
    deadline = .max
  }

  /// The handler has answered; what comes next is for `answered` or `writeBlocked` to say.
  package mutating func handlerEnded() {
    phase = .idle
  }

  /// How the connection is to end after this answer; a sterner end decided earlier stands.
  package mutating func end(_ ending: Ending) {
    self.ending = max(self.ending, ending)
  }

  /// The send buffer is full; called again whenever a part went out.
  package mutating func writeBlocked(at now: Int64, _ timeouts: Timeouts) {
    phase = .writing
    deadline = now + timeouts.write
  }

  /// Whether the connection ends when all answers are out.
  package var isEnding: Bool { ending != .keep || peerFinished }

  /// All answers are out and no request is under way.
  package mutating func answered(at now: Int64, _ timeouts: Timeouts) -> Action {
    if ending == .linger, !peerFinished {
      phase = .lingering
      deadline = now + timeouts.linger
      return .finishSending
    }
    if ending != .keep || peerFinished { return .close }
    phase = .idle
    deadline = now + timeouts.idle
    return .wait
  }

  /// The process is stopping: a connection that stays silent is closed after `idle` nanoseconds.
  package mutating func drain(idle: Int64, at now: Int64) {
    guard phase == .idle || phase == .opening else { return }
    isDraining = true
    deadline = min(deadline, now + idle)
  }

  /// `count` bytes came after our FIN.
  package mutating func dropped(_ count: Int) -> Action {
    dropped += count
    return dropped > Self.lingerBytesMax ? .close : .wait
  }

  /// The client's FIN: it sends no more, and may still read.
  package mutating func peerFinishes() -> Action {
    switch phase {
    case .handshaking, .opening, .idle, .lingering, .closed: return .close
    case .head, .body: return .abandon
    case .handling, .writing:
      peerFinished = true
      return .wait
    }
  }

  /// The deadline has passed.
  package func timedOut() -> Action {
    switch phase {
    case .handshaking: .cut(.handshakeTimeout)
    case .opening: isDraining ? .close : .cut(.headTimeout)
    case .idle: isDraining ? .close : .cut(.idleTimeout)
    case .head: .refuse(.headTimeout)
    case .body: .refuse(bodyLimit)
    case .writing: .cut(.writeTimeout)
    case .handling, .closed: .wait
    case .lingering: .close
    }
  }

  package mutating func close() {
    phase = .closed
    deadline = .max
  }
}
