import Glibc
import Networking
import TLS
import TestSupport
import Testing

@Suite struct TLSSessionTests {
  private static let hello = Array("hello".utf8)

  @Test func bothEndsAgree() throws {
    let pair = try Pair()
    #expect(pair.shakeHands() == (.done, .done))
    #expect(pair.server.version == .tls13 && !pair.server.isResumed && pair.server.peerSubject == nil)
  }

  @Test func theHandshakeAndWhatFollowsMayBeCutAtEveryByte() throws {
    let pair = try Pair()
    #expect(pair.shakeHands(carrying: 1) == (.done, .done))
    #expect(pair.client.send(Self.hello.span) == .bytes(5))
    var heard: [UInt8] = []
    while pair.carry(atMost: 1) > 0 {
      let (bytes, then) = pair.server.receiveAll()
      #expect(then == .wouldBlock && !pair.server.hasUnread)
      heard += bytes
    }
    #expect(heard == Self.hello)
  }

  @Test func readsBlockUntilAWholeRecordHasCome() throws {
    let pair = try Pair()
    #expect(pair.server.handshake() == .wouldBlock)
    #expect(!pair.server.awaitsOther)
    _ = pair.shakeHands()
    #expect(pair.server.receiveAll() == ([], .wouldBlock))
  }

  /// The bytes that did not go out come again, from another place in memory.
  @Test func writesGoOnWhereTheyWereBlocked() throws {
    let pair = try Pair(sendBuffer: 1)
    #expect(pair.shakeHands() == (.done, .done))
    let body = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var (sent, blocks) = (0, 0)
    var heard: [UInt8] = []
    while sent < body.count {
      // A copy each time: the address is another one.
      let rest = Array(body[sent...])
      switch pair.server.send(rest.span) {
      case .bytes(let count): sent += count
      case .wouldBlock: blocks += 1
      case let other: throw Unexpected(transfer: other)
      }
      #expect(!pair.server.awaitsOther)
      pair.carry()
      heard += pair.client.receiveAll().bytes
    }
    while pair.carry() > 0 { heard += pair.client.receiveAll().bytes }
    #expect(blocks > 3)
    #expect(heard == body)
  }

  @Test func tellsWhatWaitsWhereNobodySeesIt() throws {
    let pair = try Pair()
    _ = pair.shakeHands()
    for _ in 0..<3 { #expect(pair.client.send(Self.hello.span) == .bytes(5)) }
    pair.carry()
    var buffer = [UInt8](repeating: 0, count: 100)
    #expect(pair.server.receive(into: &buffer, from: 0) == .bytes(5))
    #expect(pair.server.hasUnread)
    #expect(pair.server.receive(into: &buffer, from: 5) == .bytes(5))
    #expect(pair.server.hasUnread)
    #expect(pair.server.receive(into: &buffer, from: 97) == .bytes(3))
    #expect(pair.server.hasUnread)
    #expect(pair.server.receive(into: &buffer, from: 0) == .bytes(2))
    #expect(!pair.server.hasUnread)
    #expect(Array(buffer[..<2]) == Array("lo".utf8) && Array(buffer[97...]) == Array("hel".utf8))
  }

  @Test func aGoodbyeIsNoTruncation() throws {
    let said = try Pair()
    _ = said.shakeHands()
    said.client.finishSending()
    said.carry()
    #expect(said.server.receiveAll() == ([], .endOfStream))
    // Half of it is over, and the other half goes on.
    #expect(said.server.send(Self.hello.span) == .bytes(5))
    said.carry()
    #expect(said.client.receiveAll().bytes == Self.hello)

    let cut = try Pair()
    _ = cut.shakeHands()
    #expect(cut.client.send(Self.hello.span) == .bytes(5))
    cut.truncate()
    let (bytes, then) = cut.server.receiveAll()
    #expect(bytes == Self.hello)
    #expect(then == .failed(Errno("SSL_read", code: ECONNABORTED)))
  }

  @Test func aGoodbyeWaitsForRoomAndIsSaidOnce() throws {
    let pair = try Pair(sendBuffer: 1)
    _ = pair.shakeHands()
    pair.fillWire()
    #expect(!pair.server.finishSending())
    #expect(!pair.server.finishSending())
    pair.carry()
    #expect(pair.server.finishSending())
    let (said, again) = (pair.carry(), pair.carry())
    #expect(pair.server.finishSending())
    #expect(said > 0 && again == 0 && pair.carry() == 0)
  }

  @Test func aHandshakeThatIsCutIsNoFailure() throws {
    let pair = try Pair()
    _ = pair.client.handshake()
    pair.carry(atMost: 20)
    #expect(pair.server.handshake() == .wouldBlock)
    pair.truncate()
    #expect(pair.server.handshake() == .endOfStream)
  }

  @Test func whatIsNoTLSFailsAndSaysSo() throws {
    let ends = try Guests()
    _ = ends.stranger.stream.send(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))
    guard case .failed(let reason) = ends.server.handshake() else {
      Issue.record("a stranger was let in")
      return
    }
    #expect(!reason.isEmpty)
  }

  // MARK: Who is who

  @Test func aClientBelievesOnlyWhomItsAuthoritiesVouchFor() throws {
    let identity = try Pair.identity.get()
    let good = try Pair(trust: .authorities(identity.certificate))
    #expect(good.shakeHands() == (.done, .done))
    let other = try SelfSignedPair(names: ["localhost"], validity: -60...3600)
    let bad = try Pair(trust: .authorities(other.certificate))
    guard case .failed = bad.shakeHands().client else {
      Issue.record("a foreign certificate was believed")
      return
    }
    #expect(bad.client.verificationFailure != nil)
  }

  @Test(arguments: [("example.org", ["example.org"]), ("127.0.0.1", ["127.0.0.1"]), ("::1", ["a", "::1"])])
  func namesAndAddressesAreCompared(name: String, names: [String]) throws {
    let identity = try SelfSignedPair(names: names, validity: -60...3600)
    let good = try Pair(trust: .authorities(identity.certificate), name: name, identity: identity)
    #expect(good.shakeHands() == (.done, .done))
    let bad = try Pair(trust: .authorities(identity.certificate), name: "b", identity: identity)
    #expect(bad.shakeHands().client != .done)
  }

  @Test func anExpiredCertificateIsNotBelieved() throws {
    let identity = try SelfSignedPair(names: ["localhost"], validity: -86_400...(-1))
    let pair = try Pair(trust: .authorities(identity.certificate), identity: identity)
    #expect(pair.shakeHands().client != .done)
    #expect(pair.client.verificationFailure == "certificate has expired")
  }

  @Test func aClientWithoutACertificateIsLetInUnlessOneIsRequired() throws {
    let authorities = try Pair.identity.get().certificate
    #expect(try Pair(clients: .optional(authorities: authorities)).shakeHands() == (.done, .done))
    let (_, server) = try Pair(clients: .required(authorities: authorities)).shakeHands()
    #expect(server == .failed(reason: "peer did not return a certificate"))
  }

  private struct Unexpected: Error {
    var transfer: Transfer
  }

  /// A server, and somebody at the other end who does not speak TLS.
  private final class Guests {
    let server: TLSSession
    let stranger: Socket
    private let own: Socket

    init() throws {
      var ends: [Int32] = [-1, -1]
      _ = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends)
      own = Socket(owning: ends[0])
      stranger = Socket(owning: ends[1])
      let identity = try Pair.identity.get()
      server = try TLSContext.server(
        certificate: identity.certificate, key: identity.key, clients: .off, tickets: TicketKeys(lifetime: 1)
      ).session(on: own.stream)
    }
  }
}
