internal import Glibc

/// A descriptor held back for the day when there is none left: it is given up to accept a client and tell it so.
package struct SpareDescriptor: ~Copyable {
  private var descriptor: Int32 = -1

  package init() {
    _ = takeBack()
  }

  deinit {
    if descriptor >= 0 { _ = close(descriptor) }
  }

  package mutating func giveUp() {
    if descriptor >= 0 { _ = close(descriptor) }
    descriptor = -1
  }

  /// Opens it again; false when no descriptor is free.
  package mutating func takeBack() -> Bool {
    if descriptor < 0 { descriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) }
    return descriptor >= 0
  }
}
