import TLS
import TestSupport
import Testing

@Suite struct TLSContextTests {
  private static let tickets = TicketKeys(lifetime: 3_600_000_000_000)

  private func error(
    certificate: [UInt8]? = nil, key: [UInt8]? = nil, clients: TLSContext.ClientCertificates = .off
  ) throws -> TLSError? {
    let identity = try Pair.identity.get()
    do throws(TLSError) {
      _ = try TLSContext.server(
        certificate: certificate ?? identity.certificate, key: key ?? identity.key, clients: clients,
        tickets: Self.tickets)
      return nil
    } catch {
      return error
    }
  }

  @Test func takesAPairAndItsChain() throws {
    let identity = try Pair.identity.get()
    let other = try SelfSignedPair(names: ["b"], validity: 0...60)
    #expect(try error() == nil)
    #expect(try error(certificate: identity.certificate + other.certificate) == nil)
    #expect(try error(certificate: Array("a comment\n".utf8) + identity.certificate) == nil)
  }

  @Test func refusesAKeyOfAnotherCertificate() throws {
    #expect(try error(key: try SelfSignedPair(names: ["b"], validity: 0...60).key) == .mismatch)
  }

  @Test func refusesWhatIsNoCertificate() throws {
    let none = TLSError.certificate(reason: "it has no certificate in PEM")
    #expect(try error(certificate: []) == none)
    #expect(try error(certificate: Array("hello".utf8)) == none)
    #expect(try error(certificate: try Pair.identity.get().key) == none)
    var damaged = try Pair.identity.get().certificate
    damaged.removeSubrange(60..<100)
    guard case .certificate(let reason) = try error(certificate: damaged) else {
      Issue.record("a damaged certificate was taken")
      return
    }
    #expect(!reason.isEmpty)
    // A good one before it does not help.
    guard case .certificate = try error(certificate: try Pair.identity.get().certificate + damaged) else {
      Issue.record("a damaged chain was taken")
      return
    }
  }

  @Test func refusesWhatIsNoKey() throws {
    guard case .key = try error(key: []) else {
      Issue.record("no key was taken")
      return
    }
    guard case .key = try error(key: try Pair.identity.get().certificate) else {
      Issue.record("a certificate was taken for a key")
      return
    }
  }

  @Test func refusesAnEncryptedKeyWithoutAskingForAPassword() async throws {
    let made = try await ChildProcess.finished(
      [
        "/usr/bin/openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes-256-cbc",
        "-pass", "pass:secret",
      ], environment: [:])
    #expect(try error(key: Array(made.output.utf8)) == .encryptedKey)
  }

  @Test func refusesBadAuthorities() throws {
    let none = TLSError.authorities(reason: "it has no certificate in PEM")
    #expect(try error(clients: .required(authorities: [])) == none)
    #expect(throws: none) { try TLSContext.client(trust: .authorities(Array("x".utf8))) }
  }

  @Test func tellsUntilWhenACertificateIsGood() throws {
    let identity = try SelfSignedPair(names: ["localhost"], validity: -60...3600)
    let context = try TLSContext.server(
      certificate: identity.certificate, key: identity.key, clients: .off, tickets: Self.tickets)
    #expect(context.validity.upperBound - context.validity.lowerBound == 3660)
  }
}
