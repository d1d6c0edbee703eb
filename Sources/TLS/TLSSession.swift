internal import COpenSSL
internal import Glibc
package import Networking

/// One TLS connection over a socket that somebody else owns: SSL. It belongs to whoever owns the socket, and is used by
/// one thread at a time. Nothing here blocks where the socket does not.
@safe
package final class TLSSession {
  private let session: OpaquePointer
  /// SSL keeps SSL_CTX, which keeps a bare pointer to what this keeps.
  private let context: TLSContext

  /// What the last call waits for, where that is the other direction than its own: a read may have to write first, and a
  /// write to read.
  package private(set) var awaitsOther = false
  /// Bytes wait inside OpenSSL, where epoll does not see them: read again before waiting.
  package private(set) var hasUnread = false
  /// Whether `handshake` was called.
  package private(set) var hasBegun = false
  /// close_notify is said.
  private var hasFinished = false
  /// After a fatal error nothing may be said any more, not even goodbye.
  private var isBroken = false

  /// Takes over what SSL_new(3) made.
  init(_ session: OpaquePointer, of context: TLSContext) {
    unsafe self.session = unsafe session
    self.context = context
  }

  deinit {
    unsafe SSL_free(session)
  }

  package enum Handshake: Sendable, Equatable {
    case done
    case wouldBlock
    /// The peer left, without a word or with an alert, or was told off with one. In OpenSSL's words.
    case failed(reason: String)
    /// The peer ended the connection before the handshake did.
    case endOfStream
  }

  /// Goes on with the handshake as far as the socket lets it: SSL_do_handshake(3).
  package func handshake() -> Handshake {
    hasBegun = true
    ERR_clear_error()
    errno = 0
    let status = unsafe SSL_do_handshake(session)
    awaitsOther = false
    if status == 1 {
      hasUnread = unsafe SSL_has_pending(session) == 1
      return .done
    }
    switch unsafe SSL_get_error(session, status) {
    case SSL_ERROR_WANT_READ: return .wouldBlock
    case SSL_ERROR_WANT_WRITE:
      awaitsOther = true
      return .wouldBlock
    case SSL_ERROR_SYSCALL, SSL_ERROR_ZERO_RETURN:
      isBroken = true
      return .endOfStream
    default:
      isBroken = true
      let isEnd = copenssl_is_unexpected_end(ERR_peek_last_error()) == 1
      let reason = OpenSSL.takeReason()
      return isEnd ? .endOfStream : .failed(reason: reason)
    }
  }

  /// SSL_read(3) into `buffer` from `offset` to its end, once: what of one record has room. `.endOfStream` is the peer's
  /// close_notify alone; an end without it, RFC 8446 §6.1 calls that truncation, is `.failed` with ECONNABORTED, and
  /// what is no TLS is EPROTO.
  package func receive(into buffer: inout [UInt8], from offset: Int) -> Transfer {
    ERR_clear_error()
    errno = 0
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      let free = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[offset...])
      return unsafe SSL_read(session, free.baseAddress, Int32(clamping: free.count))
    }
    awaitsOther = false
    if count > 0 {
      hasUnread = unsafe SSL_has_pending(session) == 1
      return .bytes(Int(count))
    }
    // What is buffered now is a part of a record: the rest of it shows on the socket.
    hasUnread = false
    return outcome(count, "SSL_read", other: SSL_ERROR_WANT_WRITE)
  }

  /// SSL_write(3) of `bytes`, record by record, until all are written or the socket takes no more. After
  /// `.wouldBlock`, or fewer bytes than were given, the same bytes must come again, at any address.
  package func send(_ bytes: Span<UInt8>) -> Transfer {
    var sent = 0
    while sent < bytes.count {
      ERR_clear_error()
      errno = 0
      let count = unsafe bytes.extracting(sent...).withUnsafeBytes { rest in
        unsafe SSL_write(session, rest.baseAddress, Int32(clamping: rest.count))
      }
      awaitsOther = false
      guard count > 0 else {
        let outcome = outcome(count, "SSL_write", other: SSL_ERROR_WANT_READ)
        return outcome == .wouldBlock && sent > 0 ? .bytes(sent) : outcome
      }
      sent += Int(count)
    }
    return .bytes(sent)
  }

  /// Says close_notify, once: SSL_shutdown(3). To be called when all that was to be sent is.
  ///
  /// - Returns: false when the socket takes nothing now: call it again when it does. True when it is said, or need not
  ///   be, since the session is broken or never began.
  @discardableResult
  package func finishSending() -> Bool {
    guard !isBroken, !hasFinished, unsafe SSL_is_init_finished(session) == 1 else { return true }
    ERR_clear_error()
    let status = unsafe SSL_shutdown(session)
    if status < 0, unsafe SSL_get_error(session, status) == SSL_ERROR_WANT_WRITE { return false }
    ERR_clear_error()
    hasFinished = true
    return true
  }

  /// What became of a call that moved no byte; `other` is what it says when it waits for the other direction.
  private func outcome(_ status: Int32, _ call: StaticString, other: Int32) -> Transfer {
    let code = errno
    switch unsafe SSL_get_error(session, status) {
    case other:
      awaitsOther = true
      return .wouldBlock
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
    case SSL_ERROR_ZERO_RETURN: return .endOfStream
    case SSL_ERROR_SYSCALL:
      isBroken = true
      ERR_clear_error()
      return .failed(Errno(call, code: code == 0 ? ECONNABORTED : code))
    default:
      isBroken = true
      let isTruncated = copenssl_is_unexpected_end(ERR_peek_last_error()) == 1
      ERR_clear_error()
      return .failed(Errno(call, code: isTruncated ? ECONNABORTED : EPROTO))
    }
  }

  // MARK: What was agreed

  package enum Version: String, Sendable, CaseIterable {
    case tls12 = "TLSv1.2"
    case tls13 = "TLSv1.3"
  }

  /// After the handshake.
  package var version: Version? {
    switch unsafe SSL_version(session) {
    case TLS1_2_VERSION: .tls12
    case TLS1_3_VERSION: .tls13
    default: nil
    }
  }

  /// Whether an earlier session goes on, by its ticket.
  package var isResumed: Bool { unsafe SSL_session_reused(session) == 1 }

  /// The longest subject that is told.
  private static let subjectMax = 256

  /// Whom the client's certificate names, as RFC 4514 writes it: `CN=alice,O=Example`; nil without a verified one. To be
  /// asked after the handshake.
  package private(set) lazy var peerSubject: [UInt8]? = makePeerSubject()

  private func makePeerSubject() -> [UInt8]? {
    guard let certificate = unsafe SSL_get0_peer_certificate(session),
      unsafe SSL_get_verify_result(session) == Int(X509_V_OK)
    else { return nil }
    let text = unsafe BIO_new(BIO_s_mem())
    defer { unsafe BIO_free(text) }
    _ = unsafe X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, copenssl_name_format())
    var subject = [UInt8](repeating: 0, count: Self.subjectMax)
    let count = unsafe BIO_read(text, &subject, Int32(subject.count))
    return Array(subject.prefix(Int(max(count, 0))))
  }

  /// A client's: why the server's certificate is not believed; nil when it is.
  package var verificationFailure: String? {
    let result = unsafe SSL_get_verify_result(session)
    guard result != Int(X509_V_OK), let text = unsafe X509_verify_cert_error_string(result) else { return nil }
    return unsafe String(cString: text)
  }
}
