import Glibc
import Networking

/// `crowd ADDRESS PORT COUNT REQUEST idle|deaf`: so many clients of a server, for tests only. Each connects and sends
/// REQUEST, in which `\n` stands for CRLF; an idle one reads the answer, a deaf one reads nothing, ever, and sends until
/// nobody takes any more. It tells of each thousand, `1000 clients`, then says `ready COUNT` and stays until it is killed.
@main enum Crowd {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 6, let address = IPAddress(arguments[1]), let port = UInt16(arguments[2]),
      let count = Int(arguments[3]), ["idle", "deaf"].contains(arguments[5])
    else {
      print("usage: crowd ADDRESS PORT COUNT REQUEST idle|deaf")
      exit(64)
    }
    let request = arguments[4].split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    var clients: [Int32] = []
    var limit = rlimit()
    _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    for _ in 0..<count {
      let client = try Socket.connect(to: SocketAddress(address, port: port), timeout: 60)
      if arguments[5] == "idle" {
        try listen(client, [UInt8](request.utf8))
      } else {
        fill(client, [UInt8](request.utf8))
      }
      clients.append(client.release())
      if clients.count % 1000 == 0 {
        print("\(clients.count) clients")
        fflush(nil)
      }
    }
    print("ready \(clients.count)")
    fflush(nil)
    while true { pause() }
  }

  /// The whole answer is one segment or few, and its end is that of its length.
  private static func listen(_ client: borrowing Socket, _ request: [UInt8]) throws {
    guard client.stream.send(request) == .bytes(request.count) else { throw Errno("send") }
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    guard case .bytes(let count) = client.stream.receive(into: &buffer, from: 0),
      String(decoding: buffer[..<count], as: UTF8.self).hasPrefix("HTTP/1.1 200 ")
    else { throw Errno("recv") }
  }

  /// A small window, so that it is the server that holds what is not read.
  private static func fill(_ client: borrowing Socket, _ request: [UInt8]) {
    var size: Int32 = 4096
    _ = unsafe setsockopt(client.descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    let many = Array(repeatElement(request, count: max(1, (32 << 10) / request.count)).joined())
    // More is not sent: the kernel would hold it.
    for _ in 0..<4 {
      let count = unsafe send(client.descriptor, many, many.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      if count < many.count { return }
    }
  }
}
