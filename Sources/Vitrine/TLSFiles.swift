internal import Catalog
internal import HTTP
internal import HTTPServer
internal import Networking
internal import Synchronization
package import TLS

/// Whether clients are to show a certificate.
package enum ClientCertificateMode: String, CaseIterable, Sendable {
  case off, optional, required
}

/// The server's certificate, its key and the authorities of clients: files, which make another context when they have
/// changed. All of them are taken, or none.
package final class TLSFiles: Sendable {
  /// Of each file.
  private static let bytesMax = 1 << 20
  /// How often files are read that change while they are read.
  private static let readingsMax = 3

  private struct State {
    var context: TLSContext
    /// The files as they were when they were last read, bad or good.
    var identities: [InputFile.Identity?]
  }

  private let certificate: InputFile
  private let key: InputFile
  private let authorities: InputFile?
  private let mode: ClientCertificateMode
  private let tickets: TicketKeys
  private let state: Mutex<State>

  /// Reads and checks the files. Blocks: call it at start.
  ///
  /// - Parameter authorities: the file with those of clients; not nil unless `mode` is off.
  package init(
    certificate: String, key: String, authorities: String?, mode: ClientCertificateMode, ticketLifetime: Duration
  ) throws(TLSFilesError) {
    self.certificate = InputFile(path: certificate, bytesMax: Self.bytesMax)
    self.key = InputFile(path: key, bytesMax: Self.bytesMax)
    self.authorities = mode == .off ? nil : authorities.map { InputFile(path: $0, bytesMax: Self.bytesMax) }
    self.mode = mode
    tickets = TicketKeys(lifetime: ticketLifetime.nanoseconds)
    let files = [self.certificate, self.key] + (self.authorities.map { [$0] } ?? [])
    let identities = files.map(\.identity)
    state = Mutex(
      State(
        context: try Self.context(files, mode: mode, tickets: tickets), identities: identities))
  }

  /// What new sessions are made by.
  package var context: TLSContext { state.withLock { $0.context } }

  /// When the certificate expires: seconds since 1970.
  package var expiry: Int64 { context.validity.upperBound }

  /// Which certificate, and until when it is good.
  var fields: KeyValuePairs<String, LogValue> {
    var end: [UInt8] = []
    Timestamp.append(milliseconds: expiry * 1000, to: &end)
    return ["certificate": .string(certificate.path), "notAfter": .string(String(decoding: end, as: UTF8.self))]
  }

  private var files: [InputFile] { [certificate, key] + (authorities.map { [$0] } ?? []) }

  /// Reads the files again and takes them whole, or throws and keeps what was there. Blocks.
  ///
  /// - Parameter onlyIfTouched: look at nothing but stat(2) unless that tells of another file.
  /// - Returns: whether the files were read.
  package func reload(onlyIfTouched: Bool) throws(TLSFilesError) -> Bool {
    var identities = files.map(\.identity)
    if onlyIfTouched, identities == state.withLock({ $0.identities }) { return false }
    for reading in 1... {
      do throws(TLSFilesError) {
        let context = try Self.context(files, mode: mode, tickets: tickets)
        state.withLock { $0 = State(context: context, identities: identities) }
        return true
      } catch {
        // A certificate of before the swap with a key of after it is nobody's mistake.
        let now = files.map(\.identity)
        guard now != identities, reading < Self.readingsMax else {
          state.withLock { $0.identities = identities }
          throw error
        }
        identities = now
      }
    }
    return false
  }

  /// What is odd about the certificate and no reason not to serve it: it has expired, or soon will. Nil when nothing is.
  ///
  /// - Parameter now: seconds since 1970.
  package func warning(at now: Int64) -> String? {
    let validity = context.validity
    if now > validity.upperBound { return "the certificate has expired" }
    if now < validity.lowerBound { return "the certificate is not good yet" }
    // A tenth of its life: authorities renew earlier than that, however long theirs last.
    let soon = (validity.upperBound - validity.lowerBound) / 10
    return validity.upperBound - now < soon ? "the certificate expires soon" : nil
  }

  private static func context(
    _ files: [InputFile], mode: ClientCertificateMode, tickets: TicketKeys
  ) throws(TLSFilesError) -> TLSContext {
    var contents: [[UInt8]] = []
    var lines: [String] = []
    for file in files {
      do throws(CatalogError) { contents.append(try file.contents()) } catch { lines += error.lines }
    }
    guard lines.isEmpty else { throw TLSFilesError(lines: lines) }
    let clients: TLSContext.ClientCertificates =
      switch mode {
      case .off: .off
      case .optional: .optional(authorities: contents[2])
      case .required: .required(authorities: contents[2])
      }
    do throws(TLSError) {
      return try TLSContext.server(certificate: contents[0], key: contents[1], clients: clients, tickets: tickets)
    } catch {
      let file =
        switch error {
        case .certificate, .library: files[0]
        case .key, .encryptedKey, .mismatch: files[1]
        case .authorities: files[2]
        }
      throw TLSFilesError(lines: ["\(file.path): \(error.reason)"])
    }
  }
}

/// Why a certificate, its key or the authorities of clients were not taken: a line for each file.
package struct TLSFilesError: Error, Sendable, Equatable {
  package let lines: [String]
}
