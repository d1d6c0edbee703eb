internal import Catalog
internal import Glibc
internal import HTTP
internal import Sandbox

/// An audit as it is told.
struct AuditReport: Sendable {
  let lines: [AuditLine]

  var hasFailed: Bool { lines.contains { $0.result == .fail } }

  private func count(_ result: AuditLine.Result) -> Int { lines.count { $0.result == result } }

  var json: JSON {
    [
      "audit": .array(lines.map(\.json)), "passed": .integer(count(.pass)), "failed": .integer(count(.fail)),
      "unknown": .integer(count(.unknown)),
    ]
  }

  /// A line each, in columns, and one with the counts.
  var text: String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(width - text.count, 0) + 2)
    }
    let checks = lines.map(\.check.count).max() ?? 0
    let found = lines.map(\.found.count).max() ?? 0
    return lines.map {
      padded($0.result.rawValue, 7) + padded($0.check, checks) + padded($0.found, found) + $0.how + "\n"
    }.joined() + "\(count(.pass)) passed, \(count(.fail)) failed, \(count(.unknown)) unknown\n"
  }
}

extension Audit.Sources {
  /// The files of this process.
  static let ownProcess = Audit.Sources(read: KernelFile.whole, link: KernelFile.link) { path in
    // stat(2) is what Landlock leaves.
    var file = stat()
    if unsafe stat(path, &file) == 0 { return true }
    return errno == ENOENT || errno == ENOTDIR ? false : nil
  }
}

extension Audit.Expectations {
  init(_ configuration: Configuration, hardening: Hardening, loops: Int) {
    let paths = configuration.allowedPaths { _ in nil }
    self.init(
      landlock: hardening.landlock, seccomp: hardening.seccomp, writable: paths.writable + paths.changed, loops: loops)
  }
}
