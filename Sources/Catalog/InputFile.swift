internal import Glibc

/// A file that is read whole, and read again when it has changed. Every call may block.
package struct InputFile: Sendable {
  /// As it was given; looked up anew each time, so a link that was swapped meanwhile is followed.
  package let path: String
  private let bytesMax: Int

  package init(path: String, bytesMax: Int) {
    self.path = path
    self.bytesMax = bytesMax
  }

  /// Which file stands at the path, and in which state. Another one after each rename(2), write(2) and swap of a link.
  package struct Identity: Sendable, Equatable {
    let device: UInt
    let inode: UInt
    let size: Int
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
      device = UInt(status.st_dev)
      inode = UInt(status.st_ino)
      size = Int(status.st_size)
      seconds = status.st_mtim.tv_sec
      nanoseconds = status.st_mtim.tv_nsec
    }
  }

  /// stat(2); nil when there is no such file, or none that may be looked at.
  package var identity: Identity? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return Identity(status)
  }

  /// open(2), read(2) to the end or one byte past the limit: `/dev/zero` is refused like any other large file.
  package func contents() throws(CatalogError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(file: path, reason: reason(errno)) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var status = stat()
    if unsafe fstat(descriptor, &status) == 0 { bytes.reserveCapacity(min(Int(status.st_size), bytesMax) + 1) }
    var chunk = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw .unreadable(file: path, reason: reason(errno))
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= bytesMax else { throw .tooLarge(file: path, bytesMax: bytesMax) }
    }
  }
}

/// strerror(3), which is safe on several threads in glibc.
func reason(_ code: Int32) -> String {
  guard let text = unsafe strerror(code) else { return "error \(code)" }
  return unsafe String(cString: text)
}
