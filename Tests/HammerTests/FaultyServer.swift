import Dispatch
import Foundation
import Glibc
import Networking
import Synchronization
import TestSupport

/// A server that does with each request, by its number, what it is told to.
final class FaultyServer: Sendable {
  enum Act: Sendable {
    case answer(closes: Bool, announces: Bool)
    /// A whole answer, later.
    case late(milliseconds: UInt32)
    /// The connection ends before a byte.
    case reset
    /// It ends in the midst of the body.
    case cut
    /// A body without a length, whose end is a reset.
    case torn
    case silence
  }

  let address: SocketAddress
  private let listener: ListeningSocket
  private let count = Atomic<Int>(0)
  private let isOver = Atomic<Bool>(false)
  private let act: @Sendable (_ number: Int, _ connection: Int) -> Act

  init(_ act: @escaping @Sendable (Int, Int) -> Act) throws {
    listener = try ListeningSocket.group(
      at: SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0), count: 1, backlog: 128)[0]
    address = listener.address
    self.act = act
    DispatchQueue(label: "faulty").async { [self] in accept() }
  }

  func stop() { isOver.store(true, ordering: .relaxed) }

  private func accept() {
    var connections = 0
    while !isOver.load(ordering: .relaxed) {
      guard case .connection(let socket, _) = listener.accept() else {
        usleep(1000)
        continue
      }
      let (number, descriptor) = (connections, socket.release())
      connections += 1
      Thread.detachNewThread { [self] in serve(Socket(owning: descriptor), number) }
    }
  }

  /// tcp(7): nothing leaves until the socket is closed.
  private func cork(_ descriptor: Int32) {
    var isOn: Int32 = 1
    _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CORK, &isOn, socklen_t(MemoryLayout<Int32>.size))
  }

  private func serve(_ socket: consuming Socket, _ connection: Int) {
    let socket = socket
    var buffer = [UInt8](repeating: 0, count: 4096)
    var received: [UInt8] = []
    while !isOver.load(ordering: .relaxed) {
      switch socket.stream.receive(into: &buffer, from: 0) {
      case .bytes(let count): received += buffer[..<count]
      case .wouldBlock: usleep(200)
      case .endOfStream, .failed: return
      }
      guard received.suffix(4) == [13, 10, 13, 10] else { continue }
      received = []
      let number = count.add(1, ordering: .relaxed).oldValue
      switch act(number, connection) {
      case .answer(let closes, let announces):
        let field = closes && announces ? "Connection: close\r\n" : ""
        // The end comes with the answer: between the two a request could be written, and would be lost.
        if closes { cork(socket.descriptor) }
        _ = socket.stream.send(Array("HTTP/1.1 200 OK\r\n\(field)Content-Length: 2\r\n\r\nok".utf8))
        if closes { return }
      case .late(let milliseconds):
        usleep(milliseconds * 1000)
        _ = socket.stream.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8))
      case .reset: return
      case .cut:
        _ = socket.stream.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".utf8))
        return
      case .torn:
        _ = socket.stream.send(Array("HTTP/1.0 200 OK\r\n\r\nhalf".utf8))
        // The client has read it: a reset drops what it has not.
        usleep(50_000)
        socket.stream.resetOnClose()
        return
      case .silence: break
      }
    }
  }
}
