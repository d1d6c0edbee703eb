internal import Glibc

/// A C library call's error number, with the call that answered it: errno(3).
package struct Errno: Error, Sendable, Equatable, CustomStringConvertible {
  package let call: StaticString
  package let code: Int32

  /// The calling thread's `errno` as it stands: construct it right after the call that failed.
  package init(_ call: StaticString) {
    self.init(call, code: errno)
  }

  package init(_ call: StaticString, code: Int32) {
    self.call = call
    self.code = code
  }

  /// For example `bind: Address already in use`.
  package var description: String {
    "\(call): \(unsafe String(cString: strerror(code)))"
  }

  package static func == (one: Errno, other: Errno) -> Bool {
    one.code == other.code
  }
}

/// Repeats a call that a signal interrupted: EINTR, signal(7).
@inline(__always)
func retrying<Result: FixedWidthInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}
