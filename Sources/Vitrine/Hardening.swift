internal import Glibc
internal import Sandbox

/// What the process has given up, so that who breaks in finds little: other files, and the system calls that it does
/// not need. The kernel may refuse; the service then serves without, and says so.
struct Hardening: Sendable {
  private let isWanted: Bool
  let landlock: Protection
  private(set) var seccomp = Protection.off

  /// The first half, Landlock. Call it before there is a second thread, and before a file is read.
  init(_ configuration: Configuration) {
    isWanted = configuration.hardening && !Sanitizer.isLinked
    guard isWanted else {
      landlock = .off
      return
    }
    var paths = configuration.allowedPaths(link: KernelFile.link)
    paths.readable += configuration.databaseFiles { name in
      unsafe getenv(name).map { unsafe String(cString: $0) }
    }
    landlock = Landlock.restrict(to: paths)
  }

  /// The second half, seccomp, when all that is done once is done.
  func completed() -> Self {
    var hardening = self
    if isWanted { hardening.seccomp = SystemCallFilter.install() }
    return hardening
  }

  var isRefused: Bool {
    for case .unavailable in [landlock, seccomp] { return true }
    return false
  }

  /// `landlock abi 7, seccomp denies 67 calls`.
  var note: String { "landlock \(landlock), seccomp \(seccomp)" }

  var fields: [(key: String, value: LogValue)] {
    [("landlock", .string("\(landlock)")), ("seccomp", .string("\(seccomp)"))]
  }
}

extension Configuration {
  /// What the running service opens.
  ///
  /// - Parameter link: where a symbolic link leads, as it is written there; nil for a path that is none.
  func allowedPaths(link: (String) -> String?) -> AllowedPaths {
    // /proc and not /proc/self: libdispatch asks /proc/TID/stat whether its threads run, and traps where it may not.
    // Other processes' memory, descriptors and folders Landlock denies there all the same, as it does ptrace(2).
    var readable = ["/proc", "/sys/fs/cgroup", "/sys/devices/system/cpu", "/dev/null", "/etc"]
    // systemd-resolved keeps this one in /run.
    readable += Self.paths(toward: "/etc/resolv.conf", link)
    for file in [
      products, tlsCertificate, tlsKey, tlsClientAuthorities, writeTokenFile, databaseURLFile, cacheURLFile,
    ] {
      if let file { readable += Self.paths(toward: file, link) }
    }
    // Only there, and only where somebody may change something, are files made.
    let changed = writeTokenFile == nil ? nil : products.map(Self.folder)
    return AllowedPaths(readable: readable, writable: [terminationLog], changed: changed.map { [$0] } ?? [])
  }

  /// The file, and the folder of each link on the way to it: who renews it puts another file there, as rename(2) does
  /// and the kubelet with its link `..data`. A file in the root stands for itself alone.
  private static func paths(toward path: String, _ link: (String) -> String?) -> [String] {
    var paths = [path]
    var name: String? = path
    // As many links as path_resolution(7) follows.
    for _ in 0...40 {
      guard let path = name else { break }
      let folder = folder(of: path)
      paths.append(folder)
      name = link(path).map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
    }
    return paths
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
  }
}
