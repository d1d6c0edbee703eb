internal import COpenSSL
internal import Glibc

/// Certificates of a PEM text, RFC 7468, in its order. Never empty.
@safe
struct Certificates: ~Copyable {
  let list: [OpaquePointer]

  /// - Throws: what is wrong, in OpenSSL's words, by `error`: there is none, or one is damaged.
  init(pem: [UInt8], error: (String) -> TLSError) throws(TLSError) {
    precondition(OpenSSL.isReady)
    ERR_clear_error()
    unsafe list = pem.withUnsafeBytes { bytes in
      let source = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
      defer { unsafe BIO_free(source) }
      var list = unsafe [OpaquePointer]()
      while let certificate = unsafe PEM_read_bio_X509(source, nil, nil, nil) { unsafe list.append(certificate) }
      return unsafe list
    }
    let code = ERR_peek_last_error()
    // A text without a further beginning is how each list ends.
    let isEnd = copenssl_is_end_of_pem(code) == 1
    let reason = OpenSSL.takeReason()
    guard isEnd, unsafe !list.isEmpty else {
      throw error(isEnd ? "it has no certificate in PEM" : reason)
    }
  }

  deinit {
    unsafe list.forEach { unsafe X509_free($0) }
  }

  /// From when to when the first one is good: seconds since 1970.
  var validity: ClosedRange<Int64> {
    let first = unsafe list[0]
    let begin = unsafe seconds(X509_get0_notBefore(first))
    return unsafe begin...max(seconds(X509_get0_notAfter(first)), begin)
  }

  private func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
    var parts = unsafe tm()
    guard unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
    return unsafe Int64(timegm(&parts))
  }
}

/// A private key of a PEM text.
@safe
struct PrivateKey: ~Copyable {
  let pointer: OpaquePointer

  init(pem: [UInt8]) throws(TLSError) {
    precondition(OpenSSL.isReady)
    ERR_clear_error()
    var isEncrypted = false
    let key = unsafe pem.withUnsafeBytes { bytes in
      let source = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
      defer { unsafe BIO_free(source) }
      // Asked for a password, it has none: OpenSSL's own would read from the terminal.
      return unsafe PEM_read_bio_PrivateKey(
        source, nil,
        { _, _, _, wasAsked in
          unsafe wasAsked?.storeBytes(of: true, as: Bool.self)
          return -1
        }, &isEncrypted)
    }
    let reason = OpenSSL.takeReason()
    guard let key = unsafe key else { throw isEncrypted ? .encryptedKey : .key(reason: reason) }
    unsafe pointer = key
  }

  deinit {
    unsafe EVP_PKEY_free(pointer)
  }
}
