import FoundationEssentials
import Glibc
import Synchronization

/// Products from a JSON file: `{"items":[…]}`, as GET /api/products answers it, or the array alone.
///
/// The file is checked whole before any of it is used. A reload that fails keeps the last good snapshot, so that a bad
/// ConfigMap never empties a shop that is open.
package final class FileProductStore: ProductStore {
  /// 16 MiB.
  package static let fileBytesMax = 16 << 20
  package static let productsMax = 100_000

  /// The path as it was given; read again at every reload, so a symlink that was swapped meanwhile is followed.
  package let path: String
  private let current: Mutex<CatalogSnapshot>

  /// Reads and checks the file. Blocks: call it at start, or on a queue that may block.
  package init(path: String) throws(CatalogError) {
    self.path = path
    current = Mutex(CatalogSnapshot(products: try Self.load(path: path)))
  }

  package var snapshot: CatalogSnapshot { current.withLock { $0 } }

  /// Reads and checks the file again and takes it whole, or throws and changes nothing. Blocks, as `init` does.
  ///
  /// - Returns: whether the content differs from what was there before.
  @discardableResult
  package func reload() throws(CatalogError) -> Bool {
    let next = CatalogSnapshot(products: try Self.load(path: path))
    return current.withLock { snapshot in
      // A snapshot of the same content is not replaced: its memory is shared with answers under way.
      if snapshot.revision == next.revision { return false }
      snapshot = next
      return true
    }
  }
}

extension FileProductStore {
  private static func load(path: String) throws(CatalogError) -> [Product] {
    try ProductFile.products(json: try contents(path: path), file: path)
  }

  /// open(2), read(2) to the end or one byte past the limit: `/dev/zero` is refused like any other large file.
  private static func contents(path: String) throws(CatalogError) -> Data {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(file: path, reason: reason(errno)) }
    defer { close(descriptor) }
    var data = Data()
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw .unreadable(file: path, reason: reason(errno))
      }
      if count == 0 { return data }
      data.append(contentsOf: chunk[..<count])
      guard data.count <= fileBytesMax else { throw .tooLarge(file: path, bytesMax: fileBytesMax) }
    }
  }

  /// strerror(3), which is safe on several threads in glibc.
  private static func reason(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
  }
}
