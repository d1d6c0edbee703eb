import Networking
import Testing

@Suite struct IPAddressTests {
  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
    ("::1", "::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("2001:0db8::0001", "2001:db8::1"),
    ("fe80::1:0:0:1", "fe80::1:0:0:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("::ffff:192.0.2.1", "192.0.2.1"),
    ("::ffff:c000:201", "192.0.2.1"),
  ])
  func readsALiteralAndWritesTheShortestForm(literal: String, text: String) throws {
    let address = try #require(IPAddress(literal))
    #expect(address.description == text)
    #expect(IPAddress(text) == address)
  }

  @Test(arguments: [
    "", "localhost", "127.0.0", "127.0.0.1.1", "256.0.0.1", "127.0.0.01", " 127.0.0.1", "127.0.0.1 ", "1", ":::", ":",
    "1::2::3", "12345::", "::g", "[::1]", "fe80::1%lo", "::1/128", "127.0.0.1:80",
  ])
  func refusesWhatIsNoLiteral(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test func knowsAnIPv4AddressByItsMappedForm() throws {
    let mapped = try #require(IPAddress("::ffff:10.1.2.3"))
    #expect(mapped == IPAddress(v4: 0x0a01_0203))
    #expect(mapped.isV4)
    #expect(try #require(mapped.v4) == (10, 1, 2, 3))
    let other = try #require(IPAddress("::fffe:10.1.2.3"))
    #expect(!other.isV4)
    #expect(other.v4 == nil)
    #expect(!IPAddress.anyV6.isV4)
    #expect(IPAddress.anyV4.isV4)
  }

  @Test(
    arguments: [
      ("127.0.0.1", 8080, "127.0.0.1:8080"), ("::1", 0, "[::1]:0"), ("::", 65535, "[::]:65535"),
      ("::ffff:10.0.0.1", 80, "10.0.0.1:80"),
    ] as [(String, UInt16, String)])
  func writesAnAddressWithItsPort(literal: String, port: UInt16, text: String) throws {
    #expect(SocketAddress(try #require(IPAddress(literal)), port: port).description == text)
  }

  @Test func resolvesLiteralsAndNames() throws {
    let v4 = try SocketAddress.resolve("127.0.0.1", port: 80)
    #expect(v4.map(\.description) == ["127.0.0.1:80"])
    let v6 = try SocketAddress.resolve("::1", port: 80)
    #expect(v6.map(\.description) == ["[::1]:80"])
    let names = try SocketAddress.resolve("localhost", port: 80).map(\.description)
    #expect(names.contains("127.0.0.1:80") || names.contains("[::1]:80"))
  }

  @Test func saysWhichNameDoesNotResolve() {
    let error = #expect(throws: ResolutionError.self) { try SocketAddress.resolve("no such name", port: 80) }
    #expect(error?.description.hasPrefix("no such name: ") == true)
  }
}

@Suite struct IPNetworkTests {
  @Test(arguments: [
    ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "9.255.255.255", false),
    // The bits behind the prefix say nothing.
    ("10.9.9.9/8", "10.1.1.1", true), ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.128", true),
    ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1/32", "192.0.2.2", false),
    ("0.0.0.0/0", "255.1.2.3", true), ("0.0.0.0/0", "::1", false), ("0.0.0.0/0", "::ffff:1.2.3.4", true),
    ("::/0", "2001:db8::1", true), ("::/0", "1.2.3.4", true), ("fd00::/8", "fdff::1", true),
    ("fd00::/8", "fe00::1", false),
    ("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", true), ("2001:db8::/64", "2001:db8:0:1::", false),
    ("2001:db8::/65", "2001:db8::8000:0:0:0", false), ("2001:db8::/65", "2001:db8::7fff:0:0:0", true),
    ("::1/128", "::1", true), ("::1", "::2", false), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
  ])
  func containsWhatSharesItsPrefix(network: String, address: String, contains: Bool) throws {
    #expect(try #require(IPNetwork(network)).contains(try #require(IPAddress(address))) == contains)
  }

  @Test(arguments: [
    "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/8 ", "10.0.0/8",
    "10.0.0.0/x", "10.0.0.0/255.0.0.0", "::/129", "::/1_0", "localhost/8", "10.0.0.0/99999999999999999999",
    "10.0.0.0/\u{0665}",
  ])
  func refusesWhatIsNoNetwork(text: String) {
    #expect(IPNetwork(text) == nil)
  }
}
