import Glibc
import Networking
import TestSupport
import Testing

@Suite struct ListeningSocketTests {
  private static let loopback = IPAddress(v4: 0x7f00_0001)

  private static func group(at address: IPAddress = loopback, port: UInt16 = 0, count: Int) throws -> [ListeningSocket]
  {
    try ListeningSocket.group(at: SocketAddress(address, port: port), count: count, backlog: 64)
  }

  /// Accepts until a connection comes.
  private static func accept(from listeners: [ListeningSocket]) throws -> (socket: Int32, peer: SocketAddress) {
    for _ in 0..<5000 {
      for listener in listeners {
        if case .connection(let socket, let peer) = listener.accept() { return (socket.release(), peer) }
      }
      usleep(1000)
    }
    throw WaitTimedOut()
  }

  @Test(arguments: [1, 2, 5])
  func portZeroGivesTheWholeGroupOnePort(count: Int) throws {
    let group = try Self.group(count: count)
    #expect(group.count == count)
    #expect(Set(group.map(\.address)).count == 1)
    #expect(group[0].address.port != 0)
    #expect(Set(group.map(\.descriptor)).count == count)
  }

  @Test(arguments: [1, 3])
  func seesThatAPortIsInUseThoughItIsShared(count: Int) throws {
    let first = try Self.group(count: count)
    let error = #expect(throws: Errno.self) { try Self.group(port: first[0].address.port, count: 2) }
    #expect(error?.code == EADDRINUSE)
    #expect(error?.description == "bind: Address already in use")
  }

  @Test func aPortIsFreeAgainWhenItsGroupIsGone() async throws {
    let port = try await onThread {
      let group = try Self.group(count: 2)
      // A connection that the server ends first stays in TIME_WAIT, which must not hinder the next start.
      let client = try RawClient(group[0].address)
      try client.send("hello")
      _ = Socket(owning: try Self.accept(from: group).socket)
      return group[0].address.port
    }
    #expect(try Self.group(port: port, count: 2).count == 2)
  }

  @Test func saysWhichAddressCannotBeHad() throws {
    let elsewhere = try #require(IPAddress("192.0.2.1"))
    let error = #expect(throws: Errno.self) { try Self.group(at: elsewhere, count: 1) }
    #expect(error?.code == EADDRNOTAVAIL)
  }

  @Test func takesIPv4OnTheDualStackAddressAsMapped() async throws {
    try await onThread {
      let group = try Self.group(at: .anyV6, count: 1)
      let client = try RawClient(SocketAddress(Self.loopback, port: group[0].address.port))
      try client.send("hello")
      let (descriptor, peer) = try Self.accept(from: group)
      _ = Socket(owning: descriptor)
      #expect(peer.address == Self.loopback)
      #expect(peer.address.isV4)
      #expect(peer.port != 0)
    }
  }

  @Test func aSpecificIPv6AddressTakesNoIPv4() async throws {
    let loopback = try #require(IPAddress("::1"))
    // Where IPv6 is off there is nothing to see.
    guard let group = try? Self.group(at: loopback, count: 1) else { return }
    try await onThread {
      let port = group[0].address.port
      // Another test may just listen on one of these ports of 127.0.0.1, but not on all.
      let groups = try [group] + (0..<4).map { _ in try Self.group(at: loopback, count: 1) }
      #expect(
        groups.contains { group in
          (try? RawClient(SocketAddress(Self.loopback, port: group[0].address.port))) == nil
        })
      let client = try RawClient(SocketAddress(loopback, port: port))
      try client.send("hello")
      let (descriptor, peer) = try Self.accept(from: group)
      _ = Socket(owning: descriptor)
      #expect(peer.address == loopback)
    }
  }

  @Test func dealsConnectionsOverTheGroup() async throws {
    try await onThread {
      let group = try Self.group(count: 2)
      let clients = try (0..<64).map { _ in
        let client = try RawClient(group[0].address)
        try client.send("hello")
        return client
      }
      let accepted = try clients.map { _ in Socket(owning: try Self.accept(from: group).socket).descriptor }
      #expect(accepted.count == 64)
      for listener in group {
        guard case .none = listener.accept() else {
          Issue.record("more connections than clients")
          return
        }
      }
    }
  }

  @Test func defersAConnectionUntilItsFirstBytes() async throws {
    try await onThread {
      let group = try Self.group(count: 1)
      let client = try RawClient(group[0].address)
      guard case .none = group[0].accept() else {
        Issue.record("accepted without a byte")
        return
      }
      try client.send("hello")
      _ = Socket(owning: try Self.accept(from: group).socket)
    }
  }

  @Test func takesThoseWhoseHandshakeIsOverAndNoOneAfterThem() async throws {
    try await onThread {
      let group = try Self.group(count: 1)
      let early = try RawClient(group[0].address)
      try group[0].refuseNewConnections()
      let error = #expect(throws: Errno.self) { try RawClient(group[0].address) }
      #expect(error?.code == ECONNREFUSED)
      try early.send("hello")
      _ = Socket(owning: try Self.accept(from: group).socket)
    }
  }
}
