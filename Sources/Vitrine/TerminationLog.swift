internal import Glibc

/// The file from which Kubernetes takes a container's termination message: nobody scrapes or asks the dead.
struct TerminationLog: Sendable {
  let path: String

  /// Replaces what stands in the file; without the file it does nothing: the platform makes it, and nobody else.
  func write(_ message: String) {
    let descriptor = unsafe open(path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let bytes = Array((message + "\n").utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
