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

  /// A file's text from its beginning to its end, however many reads that takes: for lists. At most 1 MiB; nil when it
  /// cannot be read.
  static func whole(at path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var part = [UInt8](repeating: 0, count: bytesMax)
    while text.count < wholeBytesMax {
      let count = unsafe read(descriptor, &part, part.count)
      guard count >= 0 else { return nil }
      if count == 0 { break }
      text += part[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// readlink(2); nil where the path is no symbolic link.
  static func link(at path: String) -> String? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink(path, &target, target.count)
    guard count > 0 else { return nil }
    return String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static let bytesMax = 4096
  private static let wholeBytesMax = 1 << 20
}
