internal import Glibc
internal import Networking
internal import TLS

/// `vitrine certificate [NAME …]`: a self-signed pair in two files, named as in a Secret of Kubernetes.
package struct CertificateCommand: Sendable, Equatable {
  static let certificateFile = "tls.crt"
  static let keyFile = "tls.key"
  package static let namesMax = 32

  package let names: [String]
  package let directory: String
  /// 0: it has expired when it is made.
  package let days: Int

  /// - Parameter operands: what follows `certificate` on the command line.
  init(operands: [String], configuration: Configuration) throws(UsageError) {
    let mistakes = operands.filter { OptionKind.host.parse($0) == nil || $0.contains("%") }.map {
      "certificate \(quoted($0)): must be a name or an address"
    }
    guard mistakes.isEmpty else { throw UsageError(mistakes: mistakes) }
    names = operands.isEmpty ? ["localhost", "127.0.0.1", "::1"] : operands
    directory = configuration.certificateDirectory
    days = configuration.certificateDays
  }

  /// Writes both files, or none; one that is there is never replaced.
  func run() -> Exit {
    let pair: SelfSignedPair
    do throws(TLSError) {
      let validity = days == 0 ? -86_400...(-1) : -60...days * 86_400
      pair = try SelfSignedPair(names: names, validity: validity)
    } catch {
      complain("vitrine: certificate: \(error.reason)")
      return .failure
    }
    let certificate = "\(directory)/\(Self.certificateFile)"
    let key = "\(directory)/\(Self.keyFile)"
    do throws(Unwritable) {
      try write(pair.key, to: key, mode: 0o600)
      do throws(Unwritable) {
        try write(pair.certificate, to: certificate, mode: 0o644)
      } catch {
        _ = unsafe unlink(key)
        throw error
      }
    } catch {
      complain("vitrine: \(error.path): \(error.cause)")
      return .cannotCreate
    }
    print("\(certificate), \(key): for \(names.joined(separator: ", ")), \(days) days")
    return .success
  }

  private struct Unwritable: Error {
    var path: String
    var cause: Errno
  }

  private func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(Unwritable) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw Unwritable(path: path, cause: Errno("open")) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else {
        let cause = Errno("write")
        close(descriptor)
        _ = unsafe unlink(path)
        throw Unwritable(path: path, cause: cause)
      }
      rest = rest.dropFirst(count)
    }
    close(descriptor)
  }
}
