internal import Catalog
internal import TLS

/// By whom `vitrine check` has an `https` server vouched for.
package enum CheckTrust: Sendable, Equatable {
  case system
  /// A PEM file with authorities.
  case file(String)
  /// Whoever answers is believed.
  case anyone

  private static let fileBytesMax = 1 << 20

  /// Reads the file.
  func loaded() throws(CheckFailure) -> TLSContext.Trust {
    switch self {
    case .system: return .system
    case .anyone: return .anyone
    case .file(let path):
      do throws(CatalogError) {
        return .authorities(try InputFile(path: path, bytesMax: Self.fileBytesMax).contents())
      } catch {
        throw .authorities(error.lines)
      }
    }
  }
}
