internal import COpenSSL
internal import Networking

/// A certificate that vouches for itself, and its key, both as PEM: to try TLS with, where no authority is at hand.
/// ECDSA on P-256.
package struct SelfSignedPair: Sendable {
  package let certificate: [UInt8]
  /// PKCS #8, not encrypted.
  package let key: [UInt8]

  /// - Parameters:
  ///   - names: names of DNS and addresses that it is good for; the first one is the subject's too. Not empty.
  ///   - validity: seconds from now; one that lies behind makes a certificate that has expired.
  package init(names: [String], validity: ClosedRange<Int>) throws(TLSError) {
    precondition(OpenSSL.isReady && !names.isEmpty)
    ERR_clear_error()
    let certificate = unsafe X509_new()
    let key = unsafe copenssl_new_p256_key()
    defer {
      unsafe X509_free(certificate)
      unsafe EVP_PKEY_free(key)
    }
    let text = names.map { (IPAddress($0) == nil ? "DNS:" : "IP:") + $0 }.joined(separator: ",")
    let extensions = [
      (NID_subject_alt_name, text), (NID_basic_constraints, "critical,CA:FALSE"),
      (NID_key_usage, "critical,digitalSignature"), (NID_ext_key_usage, "serverAuth,clientAuth"),
    ]
    let isMade =
      unsafe X509_set_version(certificate, Int(X509_VERSION_3)) == 1
      && Self.setSerial(of: certificate)
      && X509_gmtime_adj(X509_getm_notBefore(certificate), validity.lowerBound) != nil
      && X509_gmtime_adj(X509_getm_notAfter(certificate), validity.upperBound) != nil
      && Self.setName(names[0], of: certificate)
      && X509_set_pubkey(certificate, key) == 1
      && extensions.allSatisfy { unsafe Self.add($0.0, $0.1, to: certificate) }
      && X509_sign(certificate, key, EVP_sha256()) > 0
    guard isMade else { throw .certificate(reason: OpenSSL.takeReason()) }
    self.certificate = unsafe Self.text { unsafe PEM_write_bio_X509($0, certificate) }
    self.key = unsafe Self.text { unsafe PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
  }

  /// 20 bytes are the most, RFC 5280 §4.1.2.2, and a positive number.
  private static func setSerial(of certificate: OpaquePointer?) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 16)
    guard unsafe RAND_bytes(&bytes, Int32(bytes.count)) == 1 else { return false }
    bytes[0] = bytes[0] & 0x7f | 0x40
    let number = unsafe BN_bin2bn(bytes, Int32(bytes.count), nil)
    defer { unsafe BN_free(number) }
    return unsafe BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
  }

  private static func setName(_ name: String, of certificate: OpaquePointer?) -> Bool {
    let subject = unsafe X509_get_subject_name(certificate)
    // A common name has at most 64 characters; the names that count stand in the extension.
    let common = Array(name.utf8.prefix(64))
    return unsafe X509_NAME_add_entry_by_NID(
      subject, NID_commonName, V_ASN1_UTF8STRING, common, Int32(common.count), -1, 0) == 1
      && X509_set_issuer_name(certificate, subject) == 1
  }

  private static func add(_ kind: Int32, _ value: String, to certificate: OpaquePointer?) -> Bool {
    let part = unsafe X509V3_EXT_conf_nid(nil, nil, kind, value)
    defer { unsafe X509_EXTENSION_free(part) }
    return unsafe part != nil && X509_add_ext(certificate, part, -1) == 1
  }

  private static func text(_ write: (OpaquePointer?) -> Int32) -> [UInt8] {
    let memory = unsafe BIO_new(BIO_s_mem())
    defer { unsafe BIO_free(memory) }
    _ = unsafe write(memory)
    var bytes: UnsafeMutablePointer<CChar>?
    let count = unsafe copenssl_memory(memory, &bytes)
    return unsafe UnsafeRawBufferPointer(start: bytes, count: count).map { $0 }
  }
}
