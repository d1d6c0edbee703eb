import Networking
import TLS
import TestSupport
import Testing

/// A certificate and its key in a folder, as the kubelet mounts a Secret: behind the link `..data`.
struct TLSPair: Sendable {
  let folder: TemporaryFolder
  let certificate: String
  let key: String

  /// - Parameter identity: of localhost unless given.
  init(_ identity: SelfSignedPair? = nil) throws {
    folder = try TemporaryFolder()
    certificate = "\(folder.path)/tls.crt"
    key = "\(folder.path)/tls.key"
    try put(try identity ?? Self.fresh())
    for name in ["tls.crt", "tls.key"] { try folder.link(name, to: "..data/\(name)") }
  }

  static func fresh() throws -> SelfSignedPair {
    try SelfSignedPair(names: ["localhost", "127.0.0.1"], validity: -60...86_400)
  }

  /// Another pair in the place of this one, at once for all who look.
  func put(_ identity: SelfSignedPair) throws {
    try put(certificate: identity.certificate, key: identity.key)
  }

  func put(certificate: [UInt8], key: [UInt8]) throws {
    let version = "..\(UInt64.random(in: 0 ... .max))"
    try folder.write(String(decoding: certificate, as: UTF8.self), to: "\(version)/tls.crt")
    try folder.write(String(decoding: key, as: UTF8.self), to: "\(version)/tls.key")
    try folder.link("..data", to: version)
  }

  var options: [String] { ["--https-port", "0", "--tls-certificate", certificate, "--tls-key", key] }
}

extension ServiceProcess {
  /// A TLS connection of its own on a thread of its own.
  func secureClient<Value: Sendable>(
    trust: TLSContext.Trust = .anyone, _ body: @escaping @Sendable (RawClient) throws -> Value
  ) async throws -> Value {
    let address = try #require(tlsAddress)
    return try await onThread {
      try body(try RawClient(address, timeout: ChildProcess.ceiling, tls: try TLSContext.client(trust: trust)))
    }
  }
}
