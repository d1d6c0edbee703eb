#if Redis

internal import CRedis
internal import Glibc
internal import Networking
internal import TLS

/// What a Redis answers.
enum RedisReply: Equatable {
  case missing
  case text([UInt8])
}

/// Why it did not answer, or not as it should.
enum RedisError: Error, Equatable {
  /// The deadline has passed.
  case timedOut
  /// It cannot be reached, has gone, or is none.
  case disconnected(String)
  /// An error of its own: `WRONGPASS …`.
  case refused(String)

  var reason: String {
    switch self {
    case .timedOut: "it did not answer in time"
    case .disconnected(let reason), .refused(let reason): reason
    }
  }
}

/// A connection to a Redis: commands written and replies read by hiredis, the bytes carried by a socket of ours, so
/// that each call has a deadline and TLS is the service's own. It is touched by one thread at a time; each call blocks,
/// until its deadline at most. What has no deadline is the look-up of a host's name.
@safe
final class RedisConnection {
  private let socket: Socket
  private let session: TLSSession?
  private let reader: UnsafeMutablePointer<redisReader>
  private var buffer = [UInt8](repeating: 0, count: 16 << 10)
  /// After any failure: an answer may still come, and would be taken for another one's.
  private(set) var isSpoiled = false

  private init(_ socket: consuming Socket, _ session: TLSSession?, _ reader: UnsafeMutablePointer<redisReader>) {
    self.socket = socket
    self.session = session
    unsafe self.reader = reader
  }

  deinit {
    unsafe redisReaderFree(reader)
  }

  /// Connects, authenticates and chooses the database.
  static func open(_ url: RedisURL, deadline: ContinuousClock.Instant) throws(RedisError) -> RedisConnection {
    let socket = try connect(to: url, deadline: deadline)
    let session = url.isSecure ? try session(with: url.host, on: socket, deadline: deadline) : nil
    guard let reader = unsafe redisReaderCreate() else { throw .disconnected("no memory for a connection") }
    let connection = unsafe RedisConnection(socket, session, reader)
    if let password = url.password {
      let credentials = url.user.isEmpty ? [password] : [url.user, password]
      _ = try connection.command(["AUTH"] + credentials, deadline: deadline)
    }
    if url.database != 0 { _ = try connection.command(["SELECT", "\(url.database)"], deadline: deadline) }
    return connection
  }

  private static func connect(to url: RedisURL, deadline: ContinuousClock.Instant) throws(RedisError) -> Socket {
    let addresses: [SocketAddress]
    do throws(ResolutionError) {
      addresses = try SocketAddress.resolve(url.host, port: url.port)
    } catch {
      throw .disconnected("\(error)")
    }
    var refusal = RedisError.disconnected("\(url.host): no address")
    for address in addresses {
      do throws(Errno) {
        return try Socket.connect(to: address, timeout: secondsLeft(deadline))
      } catch {
        // EINPROGRESS is what connect(2) answers when SO_SNDTIMEO is over: socket(7).
        refusal = error.code == EINPROGRESS ? .timedOut : .disconnected("\(address): \(error)")
      }
    }
    throw refusal
  }

  private static func session(
    with host: String, on socket: borrowing Socket, deadline: ContinuousClock.Instant
  ) throws(RedisError) -> TLSSession {
    let session: TLSSession
    do throws(TLSError) {
      session = try TLSContext.client(trust: .system).session(on: socket.stream, server: host)
    } catch {
      throw .disconnected("TLS: \(error.reason)")
    }
    socket.setTimeout(try left(deadline))
    switch session.handshake() {
    case .done: return session
    case .wouldBlock: throw .timedOut
    case .endOfStream: throw .disconnected("TLS: the connection was closed")
    case .failed(let reason): throw .disconnected("TLS: \(session.verificationFailure ?? reason)")
    }
  }

  // MARK: Asking

  func command(_ words: [String], deadline: ContinuousClock.Instant) throws(RedisError) -> RedisReply {
    try command(words.map { Array($0.utf8) }, deadline: deadline)
  }

  func command(_ words: [[UInt8]], deadline: ContinuousClock.Instant) throws(RedisError) -> RedisReply {
    do throws(RedisError) {
      try send(Self.formatted(words), deadline: deadline)
      return try reply(deadline: deadline)
    } catch {
      if case .refused = error {} else { isSpoiled = true }
      throw error
    }
  }

  private static func formatted(_ words: [[UInt8]]) throws(RedisError) -> [UInt8] {
    let copies = unsafe words.map { word in
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: word.count + 1)
      for (index, byte) in word.enumerated() { unsafe copy[index] = CChar(bitPattern: byte) }
      return unsafe copy
    }
    defer { unsafe copies.forEach { unsafe $0.deallocate() } }
    var pointers: [UnsafePointer<CChar>?] = unsafe copies.map { unsafe UnsafePointer($0) }
    var command: UnsafeMutablePointer<CChar>?
    let count = unsafe redisFormatCommandArgv(&command, Int32(words.count), &pointers, words.map(\.count))
    guard count > 0, let command = unsafe command else { throw .disconnected("no memory for a command") }
    defer { unsafe redisFreeCommand(command) }
    return unsafe UnsafeBufferPointer(start: command, count: Int(count)).map { UInt8(bitPattern: $0) }
  }

  private func send(_ bytes: [UInt8], deadline: ContinuousClock.Instant) throws(RedisError) {
    var sent = 0
    while sent < bytes.count {
      socket.setTimeout(try Self.left(deadline))
      let rest = bytes.span.extracting(sent...)
      switch session?.send(rest) ?? socket.stream.send(rest) {
      case .bytes(let count): sent += count
      case .wouldBlock: throw .timedOut
      case .endOfStream: throw .disconnected("the connection was closed")
      case .failed(let error): throw .disconnected("\(error)")
      }
    }
  }

  private func reply(deadline: ContinuousClock.Instant) throws(RedisError) -> RedisReply {
    while true {
      var reply: UnsafeMutableRawPointer?
      guard unsafe redisReaderGetReply(reader, &reply) == REDIS_OK else { throw .disconnected("it is no Redis") }
      if let reply = unsafe reply {
        defer { unsafe freeReplyObject(reply) }
        return unsafe try Self.read(reply.assumingMemoryBound(to: redisReply.self))
      }
      // The time left, again before each read: a peer that sends a byte a second must not stretch the deadline.
      socket.setTimeout(try Self.left(deadline))
      switch session?.receive(into: &buffer, from: 0) ?? socket.stream.receive(into: &buffer, from: 0) {
      case .bytes(let count):
        let status = unsafe buffer.withUnsafeBytes {
          unsafe redisReaderFeed(reader, $0.baseAddress?.assumingMemoryBound(to: CChar.self), count)
        }
        guard status == REDIS_OK else { throw .disconnected("it is no Redis") }
      case .wouldBlock: throw .timedOut
      case .endOfStream: throw .disconnected("the connection was closed")
      case .failed(let error): throw .disconnected("\(error)")
      }
    }
  }

  private static func read(_ reply: UnsafeMutablePointer<redisReply>) throws(RedisError) -> RedisReply {
    let text = unsafe reply.pointee.str.map { start in
      unsafe UnsafeBufferPointer(start: start, count: Int(reply.pointee.len)).map { UInt8(bitPattern: $0) }
    }
    switch unsafe reply.pointee.type {
    case REDIS_REPLY_NIL: return .missing
    case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .text(text ?? [])
    case REDIS_REPLY_ERROR: throw .refused(String(decoding: text ?? [], as: UTF8.self))
    default: throw .disconnected("it answers what was not asked for")
    }
  }

  private static func secondsLeft(_ deadline: ContinuousClock.Instant) -> Double {
    max((deadline - .now) / .seconds(1), 0.001)
  }

  private static func left(_ deadline: ContinuousClock.Instant) throws(RedisError) -> Double {
    guard deadline > .now else { throw .timedOut }
    return secondsLeft(deadline)
  }
}

#endif
