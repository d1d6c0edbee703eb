internal import Glibc
internal import Synchronization

/// A descriptor held back for the day when there is none left: it is given up to accept a client and tell it so.
///
/// Another thread's accept4(2) may be quicker and take what was given up. So whoever accepts while one is missing
/// refuses that client at once, and the descriptor is free again.
package struct SpareDescriptor: ~Copyable {
  // Descriptors are the process's, and so is the count.
  private static let missing = Atomic<Int>(0)

  /// Whether one was given up and is not taken back.
  package static var isMissing: Bool { missing.load(ordering: .acquiring) > 0 }

  private var descriptor: Int32

  package init() {
    descriptor = Self.open()
    if descriptor < 0 { Self.missing.add(1, ordering: .releasing) }
  }

  deinit {
    if descriptor >= 0 { _ = close(descriptor) } else { Self.missing.subtract(1, ordering: .releasing) }
  }

  package mutating func giveUp() {
    guard descriptor >= 0 else { return }
    // First: who takes it must find it missing.
    Self.missing.add(1, ordering: .releasing)
    _ = close(descriptor)
    descriptor = -1
  }

  /// Opens it again; false when no descriptor is free.
  package mutating func takeBack() -> Bool {
    guard descriptor < 0 else { return true }
    descriptor = Self.open()
    guard descriptor >= 0 else { return false }
    Self.missing.subtract(1, ordering: .releasing)
    return true
  }

  private static func open() -> Int32 { unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC) }
}
