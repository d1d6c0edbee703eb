import FoundationEssentials
import Glibc
import Networking

/// A control group of a test's own, of either version; it goes with it.
final class Cgroup: Sendable {
  let isVersion2: Bool
  private let path: String

  /// Whether a group with this controller can be made here.
  static func canMake(_ controller: String) -> Bool { (try? Cgroup(controller)) != nil }

  init(_ controller: String) throws {
    let root = "/sys/fs/cgroup"
    let controllers = try? String(contentsOfFile: "\(root)/cgroup.controllers", encoding: .utf8)
    isVersion2 = controllers != nil
    if isVersion2 { try Self.write("+\(controller)", to: "\(root)/cgroup.subtree_control") }
    path = "\(root)/\(isVersion2 ? "" : controller + "/")vitrine-test-\(getpid())-\(Int.random(in: 0..<1_000_000))"
    guard unsafe mkdir(path, 0o755) == 0 else { throw Errno("mkdir") }
  }

  deinit {
    // Its last process may be a moment in ending.
    for _ in 0..<1000 where unsafe rmdir(path) != 0 && errno == EBUSY { usleep(1000) }
  }

  func write(_ value: String, to file: String) throws { try Self.write(value, to: "\(path)/\(file)") }

  func read(_ file: String) throws -> String { try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8) }

  /// What precedes a command that is to run in it.
  var entering: [String] { ["/bin/sh", "-c", "echo $$ > \(path)/cgroup.procs && exec \"$@\"", "sh"] }

  private static func write(_ value: String, to path: String) throws {
    let file = unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw Errno("open") }
    defer { close(file) }
    guard unsafe Glibc.write(file, value, value.utf8.count) == value.utf8.count else { throw Errno("write") }
  }
}
