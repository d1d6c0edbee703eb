internal import COpenSSL
internal import Glibc

/// Why certificates, keys or rules were refused.
package enum TLSError: Error, Sendable, Equatable {
  /// What stands where a certificate should, in OpenSSL's words.
  case certificate(reason: String)
  case key(reason: String)
  /// A private key that asks for a password: nobody is there to type one.
  case encryptedKey
  /// The key is not the certificate's.
  case mismatch
  /// The certificates of the authorities that clients, or servers, are checked against.
  case authorities(reason: String)
  /// OpenSSL refuses for a reason of its own.
  case library(reason: String)

  package var reason: String {
    switch self {
    case .certificate(let reason), .key(let reason), .authorities(let reason), .library(let reason): reason
    case .encryptedKey: "the key is encrypted; it must be stored without a password"
    case .mismatch: "the key does not belong to the certificate"
    }
  }
}

/// What the process has of OpenSSL.
enum OpenSSL {
  /// To be looked at before anything else of the library.
  ///
  /// No `openssl.cnf` is read: what a server offers must not depend on the machine's. SIGPIPE is ignored from now on:
  /// SSL_write(3) goes by write(2), which has no flag for that.
  static let isReady: Bool = {
    _ = signal(SIGPIPE, SIG_IGN)
    return OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil) == 1
  }()

  /// The newest entry of this thread's error queue in a few words, and the queue is empty: `bad end line`.
  static func takeReason() -> String {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    guard let text = unsafe ERR_reason_error_string(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }
}
