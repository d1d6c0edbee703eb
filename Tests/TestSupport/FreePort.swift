internal import Networking

/// A port that was free a moment ago.
package func freePort() throws -> UInt16 {
  try ListeningSocket.group(at: SocketAddress(IPAddress(v4: 0x7f00_0001), port: 0), count: 1, backlog: 1)[0].address
    .port
}
