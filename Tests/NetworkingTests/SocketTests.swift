import Glibc
import Networking
import TestSupport
import Testing

@Suite struct SocketTests {
  /// Both ends of a connection; the server's does not block, as an accepted one.
  private final class Pair {
    let server: Socket
    var client: Socket

    init() throws {
      let group = try ListeningSocket.group(
        at: SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0), count: 1, backlog: 1)
      group[0].deferAccept(seconds: 0)
      client = try Socket.connect(to: group[0].address, timeout: 5)
      for _ in 0..<5000 {
        if case .connection(let server, _) = group[0].accept() {
          self.server = server
          return
        }
        usleep(1000)
      }
      throw WaitTimedOut()
    }
  }

  /// Reads until something other than "not yet" comes.
  private static func receive(_ socket: borrowing Socket, into buffer: inout [UInt8], from offset: Int = 0) -> Transfer
  {
    for _ in 0..<5000 {
      let transfer = socket.stream.receive(into: &buffer, from: offset)
      if transfer != .wouldBlock { return transfer }
      usleep(1000)
    }
    return .wouldBlock
  }

  @Test func sendsAndReceivesFromAnOffset() async throws {
    try await onThread {
      let pair = try Pair()
      var buffer = Array("........".utf8)
      expect(pair.server.stream.receive(into: &buffer, from: 0), is: .wouldBlock)
      expect(pair.client.stream.send(Array("xhello".utf8), from: 1), is: .bytes(5))
      expect(Self.receive(pair.server, into: &buffer, from: 2), is: .bytes(5))
      #expect(String(decoding: buffer, as: UTF8.self) == "..hello.")
    }
  }

  @Test func tellsHowMuchIsUnread() async throws {
    try await onThread {
      let pair = try Pair()
      #expect(pair.server.stream.unreadCount == 0)
      _ = pair.client.stream.send(Array("hello".utf8))
      try wait { pair.server.stream.unreadCount == 5 }
      var buffer: [UInt8] = [0, 0]
      expect(pair.server.stream.receive(into: &buffer, from: 0), is: .bytes(2))
      #expect(pair.server.stream.unreadCount == 3)
    }
  }

  @Test func theFINIsTheEndOfOneDirection() async throws {
    try await onThread {
      let pair = try Pair()
      pair.client.stream.finishSending()
      var buffer = [UInt8](repeating: 0, count: 8)
      expect(Self.receive(pair.server, into: &buffer), is: .endOfStream)
      expect(pair.server.stream.send(Array("still".utf8)), is: .bytes(5))
      expect(pair.client.stream.receive(into: &buffer, from: 0), is: .bytes(5))
    }
  }

  @Test func aFullSendBufferWouldBlock() async throws {
    try await onThread {
      let pair = try Pair()
      let block = [UInt8](repeating: 120, count: 1 << 20)
      var sent = 0
      while case .bytes(let count) = pair.server.stream.send(block), sent < 1 << 30 { sent += count }
      #expect(sent > 0)
      expect(pair.server.stream.send(block), is: .wouldBlock)
    }
  }

  @Test func aConnectionThatIsGoneFailsWithoutASignal() async throws {
    try await onThread {
      let pair = try Pair()
      pair.client = .closed
      var outcome = Transfer.wouldBlock
      for _ in 0..<1000 {
        outcome = pair.server.stream.send([1])
        if case .failed(let errno) = outcome {
          #expect(errno.code == EPIPE || errno.code == ECONNRESET)
          return
        }
        usleep(1000)
      }
      Issue.record("\(outcome)")
    }
  }

  @Test func aBlockingReadGivesUpAfterItsTimeout() async throws {
    try await onThread {
      let pair = try Pair()
      pair.client.setTimeout(0.05)
      var buffer: [UInt8] = [0]
      expect(pair.client.stream.receive(into: &buffer, from: 0), is: .wouldBlock)
      expect(pair.server.stream.send([7]), is: .bytes(1))
      expect(pair.client.stream.receive(into: &buffer, from: 0), is: .bytes(1))
    }
  }

  @Test func aRefusedConnectSaysSo() async throws {
    try await onThread {
      let address = try ListeningSocket.group(
        at: SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0), count: 1, backlog: 1)[0].address
      let error = #expect(throws: Errno.self) { _ = try Socket.connect(to: address, timeout: 5) }
      #expect(error?.code == ECONNREFUSED)
      #expect(error?.description == "connect: Connection refused")
    }
  }

  @Test func aReleasedDescriptorStaysOpen() throws {
    let pair = try Pair()
    let descriptor = fcntl(pair.server.descriptor, F_DUPFD_CLOEXEC, 0)
    let socket = Socket(owning: descriptor)
    #expect(socket.release() == descriptor)
    #expect(fcntl(descriptor, F_GETFD) >= 0)
    let again = Socket(owning: descriptor)
    #expect(again.localAddress?.address == IPAddress(v4: 0x7f00_0001))
    #expect(Socket.closed.descriptor == -1)
  }

  /// Not `#expect`, which takes no borrowed socket.
  private func expect(_ outcome: Transfer, is expected: Transfer, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(outcome == expected, sourceLocation: sourceLocation)
  }
}
