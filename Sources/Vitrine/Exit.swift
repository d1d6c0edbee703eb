internal import Glibc

/// The exit codes of sysexits(3), and what they mean here.
enum Exit: Int32 {
  case success = 0
  /// A drain that had to cut a request; a check that failed.
  case failure = 1
  /// EX_USAGE: a flag or a variable.
  case usage = 64
  /// EX_UNAVAILABLE: a port in use.
  case unavailable = 69
  /// EX_CANTCREAT: a file to be written.
  case cannotCreate = 73
  /// EX_CONFIG: a file.
  case configuration = 78
}

/// Writes `line` and a newline to standard error.
func complain(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
