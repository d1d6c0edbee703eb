import FuzzSupport
import Glibc
import HTTP
import Networking
import TLS

@testable import HTTPServer

/// A client that sends its input in pieces and then its FIN, and the server's connection at the other end, which is told
/// of each event as its loop would tell it.
final class Conversation {
  /// What the client has read.
  private(set) var heard: [UInt8] = []
  /// The server ended the connection before the client sent its FIN.
  private(set) var wasEnded = false
  private(set) var wasReset = false
  let ends: [Int]

  private let input: [UInt8]
  private let client: Socket
  /// The client's; nil where there is no TLS.
  private let session: TLSSession?
  private let connection: Connection
  private var piece = 0
  private var sent = 0
  /// The piece after which the client goes away.
  private var lastPiece = Int.max

  /// - Parameters:
  ///   - isSmall: the server's send buffer is as small as the kernel makes one, so that answers block.
  ///   - isSecure: all of it goes through TLS; each piece is a record, or several.
  init(_ input: [UInt8], ends: [Int], isSmall: Bool, isSecure: Bool = false, on loop: isolated EventLoop) {
    self.input = input
    self.ends = ends
    var pair: (Int32, Int32) = (-1, -1)
    let status = unsafe withUnsafeMutableBytes(of: &pair) {
      unsafe socketpair(
        AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0,
        $0.assumingMemoryBound(to: Int32.self).baseAddress)
    }
    guard status == 0 else { fatalError("no socketpair: \(errno)") }
    if isSmall {
      var size: Int32 = 1
      _ = unsafe setsockopt(pair.1, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    client = Socket(owning: pair.0)
    let server = Socket(owning: pair.1)
    let timeouts = loop.context.timeouts
    var serverSession: TLSSession?
    if isSecure {
      do {
        session = try Stage.client.session(on: client.stream)
        serverSession = try Stage.server.session(on: server.stream)
      } catch { fatalError("no session: \(error)") }
    } else {
      session = nil
    }
    connection = Connection(
      server, session: serverSession, peer: SocketAddress(IPAddress(v4: 0x7f00_0001), port: 1),
      state: isSecure
        ? ConnectionState(handshakeAt: loop.now, timeouts) : ConnectionState(acceptedAt: loop.now, timeouts),
      expiry: .max, isShed: false)
    _ = loop.context.admission.connectionOpened()
  }

  /// The client will be gone, without a FIN of its own, when it has sent so many pieces.
  func leave(after pieces: Int) { lastPiece = pieces }

  func run(in workspace: inout Workspace, on loop: isolated EventLoop) {
    while let session, session.handshake() == .wouldBlock { drive(in: &workspace, on: loop) }
    while step(in: &workspace, on: loop) {}
    finish(in: &workspace, on: loop)
  }

  /// Piece by piece, in turn with another client.
  func run(beside other: Conversation, in workspace: inout Workspace, on loop: isolated EventLoop) {
    connection.readable(in: &workspace, on: loop)
    while step(in: &workspace, on: loop) || other.step(in: &workspace, on: loop) {
      _ = other.step(in: &workspace, on: loop)
    }
    other.finish(in: &workspace, on: loop)
    finish(in: &workspace, on: loop)
  }

  /// Sends a piece, has the server act upon it, and reads what it says; false when there is none left, or no server.
  private func step(in workspace: inout Workspace, on loop: isolated EventLoop) -> Bool {
    guard piece < min(ends.count, lastPiece), !wasEnded else { return false }
    let end = ends[piece]
    piece += 1
    while sent < end {
      let rest = Array(input[sent..<end])
      switch session?.send(rest.span) ?? client.stream.send(rest) {
      case .bytes(let count): sent += count
      case .wouldBlock: break
      case .endOfStream, .failed: fatalError("the server has closed, and the client has not seen it")
      }
      drive(in: &workspace, on: loop)
      if wasEnded { return false }
    }
    return true
  }

  private func finish(in workspace: inout Workspace, on loop: isolated EventLoop) {
    let wasEnded = wasEnded
    if lastPiece < .max {
      _ = shutdown(client.descriptor, Int32(SHUT_RDWR))
    } else {
      session?.finishSending()
      client.stream.finishSending()
    }
    drive(in: &workspace, on: loop)
    // The FIN behind a goodbye is no byte that could be counted.
    if session != nil { drive(in: &workspace, on: loop) }
    self.wasEnded = wasEnded
    hold(connection.state.phase == .closed, "a connection whose client has finished is closed")
  }

  /// Events for the server, until it waits for the client.
  private func drive(in workspace: inout Workspace, on loop: isolated EventLoop) {
    repeat {
      switch connection.state.phase {
      case .closed: return
      case .handling: fatalError("no handler waits here")
      case .writing: connection.writable(in: &workspace, on: loop)
      case .handshaking, .opening, .idle, .head, .body, .lingering: connection.readable(in: &workspace, on: loop)
      }
      listen(in: &workspace)
      workspace.unread.removeAll()
    } while connection.state.phase == .writing
      || connection.state.phase != .closed && (connection.stream.unreadCount > 0 || connection.hasUnread)
  }

  /// Reads all that is there, into the buffer that the server's connections share: between two events it is not theirs.
  private func listen(in workspace: inout Workspace) {
    while true {
      if let session, !session.hasBegun || connection.state.phase == .handshaking { return }
      switch session?.receive(into: &workspace.input, from: 0)
        ?? client.stream.receive(into: &workspace.input, from: 0)
      {
      case .bytes(let count): heard += workspace.input[..<count]
      case .wouldBlock: return
      case .endOfStream:
        wasEnded = true
        return
      case .failed:
        (wasEnded, wasReset) = (true, true)
        return
      }
    }
  }
}
