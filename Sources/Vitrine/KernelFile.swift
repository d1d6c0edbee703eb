internal import Glibc

/// Files that the kernel makes up when they are read, below /proc and /sys: proc(5).
enum KernelFile {
  /// A file's text, at most `bytesMax` of it, by one read(2): such a file is consistent only within one. Nil when it
  /// cannot be read, no descriptor being free included.
  static func text(at path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, count in
      count = max(0, unsafe read(descriptor, buffer.baseAddress, bytesMax))
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  private static let bytesMax = 4096
}
