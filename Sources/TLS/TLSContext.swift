internal import COpenSSL
package import Networking

/// What sessions are made by: certificate, key and rules, SSL_CTX. It never changes; who renews a certificate makes
/// another one, and sessions that began with the old one keep it.
@safe
package final class TLSContext: Sendable {
  /// What a server asks of its clients.
  package enum ClientCertificates: Sendable, Equatable {
    case off
    /// Who shows one must show a good one. PEM of the authorities.
    case optional(authorities: [UInt8])
    case required(authorities: [UInt8])
  }

  /// By whom a client has servers vouched for.
  package enum Trust: Sendable, Equatable {
    /// The system's authorities.
    case system
    /// PEM.
    case authorities([UInt8])
    /// Whoever answers is believed.
    case anyone
  }

  /// Seconds since 1970 between which a server's certificate is good.
  package let validity: ClosedRange<Int64>
  private nonisolated(unsafe) let context: OpaquePointer
  private let isServer: Bool
  /// OpenSSL keeps a bare pointer to them.
  private let tickets: TicketKeys?

  private init(
    _ context: OpaquePointer, isServer: Bool, validity: ClosedRange<Int64>, tickets: TicketKeys?
  ) {
    unsafe self.context = unsafe context
    self.isServer = isServer
    self.validity = validity
    self.tickets = tickets
  }

  deinit {
    unsafe SSL_CTX_free(context)
  }

  /// A server's.
  ///
  /// - Parameters:
  ///   - certificate: PEM of the server's own certificate, then of those that lead to its authority.
  ///   - key: PEM of its private key, not encrypted.
  package static func server(
    certificate: [UInt8], key: [UInt8], clients: ClientCertificates, tickets: TicketKeys
  ) throws(TLSError) -> TLSContext {
    let chain = try Certificates(pem: certificate) { .certificate(reason: $0) }
    let key = try PrivateKey(pem: key)
    let context = unsafe try make(TLS_server_method())
    // From here on its deinit frees it.
    let server = unsafe TLSContext(context, isServer: true, validity: chain.validity, tickets: tickets)
    guard unsafe SSL_CTX_use_certificate(context, chain.list[0]) == 1 else {
      throw .certificate(reason: OpenSSL.takeReason())
    }
    guard unsafe chain.list.dropFirst().allSatisfy({ unsafe copenssl_add_chain(context, $0) == 1 }) else {
      throw .certificate(reason: OpenSSL.takeReason())
    }
    guard unsafe SSL_CTX_use_PrivateKey(context, key.pointer) == 1, unsafe SSL_CTX_check_private_key(context) == 1
    else {
      ERR_clear_error()
      throw .mismatch
    }
    unsafe SSL_CTX_set_alpn_select_cb(context, selectProtocol, nil)
    unsafe copenssl_set_ticket_data(context, Unmanaged.passUnretained(tickets).toOpaque())
    unsafe SSL_CTX_set_tlsext_ticket_key_evp_cb(context, sealTicket)
    unsafe SSL_CTX_set_session_ticket_cb(context, nil, judgeTicket, nil)
    unsafe SSL_CTX_set_timeout(context, Int(max(tickets.lifetime / 1_000_000_000, 1)))
    try unsafe verify(clients, in: context)
    return server
  }

  /// A client's.
  package static func client(trust: Trust) throws(TLSError) -> TLSContext {
    let context = unsafe try make(TLS_client_method())
    let client = unsafe TLSContext(context, isServer: false, validity: 0...0, tickets: nil)
    switch trust {
    case .anyone: break
    case .system:
      unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
      guard unsafe SSL_CTX_set_default_verify_paths(context) == 1 else {
        throw .authorities(reason: OpenSSL.takeReason())
      }
    case .authorities(let pem):
      unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
      unsafe try add(Certificates(pem: pem) { .authorities(reason: $0) }, to: context)
    }
    return client
  }

  private static func make(_ method: OpaquePointer?) throws(TLSError) -> OpaquePointer {
    precondition(OpenSSL.isReady)
    guard let context = unsafe SSL_CTX_new(method) else { throw .library(reason: OpenSSL.takeReason()) }
    guard unsafe copenssl_set_rules(context) == 1 else {
      unsafe SSL_CTX_free(context)
      throw .library(reason: OpenSSL.takeReason())
    }
    return unsafe context
  }

  private static func verify(_ clients: ClientCertificates, in context: OpaquePointer) throws(TLSError) {
    let pem: [UInt8]
    switch clients {
    case .off:
      unsafe SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
      pem = []
    case .optional(let authorities):
      unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
      pem = authorities
    case .required(let authorities):
      unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
      pem = authorities
    }
    // A session begun under other rules is not resumed: its ticket vouches for a client that they let in.
    var digest = [UInt8](repeating: 0, count: 32)
    let rules = pem + [clients == .off ? 0 : 1]
    guard unsafe EVP_Digest(rules, rules.count, &digest, nil, EVP_sha256(), nil) == 1,
      unsafe SSL_CTX_set_session_id_context(context, digest, UInt32(digest.count)) == 1
    else { throw .library(reason: OpenSSL.takeReason()) }
    guard clients != .off else { return }
    let authorities = try Certificates(pem: pem) { .authorities(reason: $0) }
    // Named in the request, so that a client with several certificates knows which one to show.
    unsafe authorities.list.forEach { unsafe SSL_CTX_add_client_CA(context, $0) }
    unsafe try add(authorities, to: context)
  }

  private static func add(_ authorities: borrowing Certificates, to context: OpaquePointer) throws(TLSError) {
    let store = unsafe SSL_CTX_get_cert_store(context)
    guard unsafe authorities.list.allSatisfy({ unsafe X509_STORE_add_cert(store, $0) == 1 }) else {
      throw .authorities(reason: OpenSSL.takeReason())
    }
  }

  /// A session over an open socket, which must stay open as long; its owner goes on owning it.
  ///
  /// - Parameter server: a client's: whom it asks for, a name or an address; it must be in the certificate unless
  ///   anyone is trusted.
  package func session(on stream: Stream, server: String? = nil) throws(TLSError) -> TLSSession {
    ERR_clear_error()
    guard let session = unsafe SSL_new(context) else { throw .library(reason: OpenSSL.takeReason()) }
    let owner = unsafe TLSSession(session, of: self)
    guard unsafe SSL_set_fd(session, stream.descriptor) == 1 else { throw .library(reason: OpenSSL.takeReason()) }
    guard !isServer else {
      unsafe SSL_set_accept_state(session)
      return owner
    }
    unsafe SSL_set_connect_state(session)
    if let server {
      let isAddress = IPAddress(server) != nil
      // Server Name Indication takes names alone: RFC 6066 §3.
      let isSet =
        isAddress
        ? unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), server) == 1
        : unsafe copenssl_set_name(session, server) == 1 && SSL_set1_host(session, server) == 1
      guard isSet else { throw .library(reason: OpenSSL.takeReason()) }
    }
    return owner
  }
}

/// ALPN, RFC 7301: a client that offers protocols must offer ours.
private let selectProtocol:
  @convention(c) (
    OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?, UnsafePointer<UInt8>?,
    UInt32, UnsafeMutableRawPointer?
  ) -> Int32 = { _, selected, selectedCount, offered, offeredCount, _ in
    let offered = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredCount))
    let name = "http/1.1".utf8
    var position = 0
    while position < offered.count {
      let count = Int(unsafe offered[position])
      let begin = position + 1
      position = begin + count
      guard position <= offered.count else { break }
      if unsafe offered[begin..<position].elementsEqual(name) {
        unsafe selected?.pointee = offered.baseAddress.map { unsafe $0 + begin }
        unsafe selectedCount?.pointee = UInt8(count)
        return SSL_TLSEXT_ERR_OK
      }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
  }

/// SSL_CTX_set_tlsext_ticket_key_evp_cb(3): seals a new ticket, or finds the key of one that a client brings.
private let sealTicket:
  @convention(c) (
    OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, OpaquePointer?, OpaquePointer?, Int32
  ) -> Int32 = { session, name, vector, cipher, code, isNew in
    guard let session = unsafe session, let name = unsafe name, let vector = unsafe vector,
      let data = unsafe copenssl_ticket_data(session)
    else { return -1 }
    let keys = unsafe Unmanaged<TicketKeys>.fromOpaque(data).takeUnretainedValue()
    if isNew == 1 {
      let key = keys.newest()
      guard unsafe RAND_bytes(vector, 16) == 1, unsafe copenssl_ticket(key, vector, cipher, code, 1) == 1 else {
        return -1
      }
      unsafe name.update(from: key, count: TicketKeys.Ring.nameSize)
      return 1
    }
    guard let found = unsafe keys.key(named: UnsafeRawBufferPointer(start: name, count: TicketKeys.Ring.nameSize))
    else { return 0 }
    guard unsafe copenssl_ticket(found.key, vector, cipher, code, 0) == 1 else { return -1 }
    // A client whose certificate was asked for is asked again when its ticket's time is over.
    guard unsafe SSL_get_verify_mode(session) == SSL_VERIFY_NONE else { return 1 }
    // 2: open it, and give the client a new one. In TLS 1.3 it uses each but once, RFC 8446 §C.4.
    return unsafe found.isOld || SSL_version(session) == TLS1_3_VERSION ? 2 : 1
  }

/// SSL_CTX_set_session_ticket_cb(3): whether the session of a ticket that could be opened goes on. OpenSSL does not look
/// at the client's certificate again, which may have expired meanwhile.
private let judgeTicket:
  @convention(c) (
    OpaquePointer?, OpaquePointer?, UnsafePointer<UInt8>?, Int, SSL_TICKET_STATUS, UnsafeMutableRawPointer?
  ) -> SSL_TICKET_RETURN = { _, session, _, _, status, _ in
    switch status {
    case SSL_TICKET_EMPTY, SSL_TICKET_NO_DECRYPT: return SSL_TICKET_RETURN_IGNORE_RENEW
    case SSL_TICKET_SUCCESS, SSL_TICKET_SUCCESS_RENEW:
      if let session = unsafe session, let certificate = unsafe SSL_SESSION_get0_peer(session),
        unsafe X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0
      {
        return SSL_TICKET_RETURN_IGNORE_RENEW
      }
      return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW
    default: return SSL_TICKET_RETURN_ABORT
    }
  }
