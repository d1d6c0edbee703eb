internal import CLinux
internal import Glibc

/// What came of asking the kernel to take something away from this process. None of it stops a start.
package enum Protection: Sendable, Equatable, CustomStringConvertible {
  /// In force, and how far: `abi 7`.
  case on(String)
  /// Nobody asked: by the option, or under a sanitizer, which needs what would be denied.
  case off
  /// The kernel lacks it, or it or the container's runtime refuses: why.
  case unavailable(String)

  package var description: String {
    switch self {
    case .on(let extent): extent
    case .off: "off"
    case .unavailable(let reason): "unavailable: \(reason)"
    }
  }

  /// By errno(3) of the call that failed.
  static var failed: Protection {
    let code = errno
    guard let text = unsafe strerror(code) else { return .unavailable("error \(code)") }
    return unsafe .unavailable(String(cString: text))
  }
}

package enum Sanitizer {
  /// Whether the thread or the address sanitizer is linked in: both look around in ways that are denied here.
  package static var isLinked: Bool { clinux_is_sanitized() }
}
