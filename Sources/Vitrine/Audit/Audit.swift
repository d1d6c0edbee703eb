internal import Catalog
internal import Sandbox

/// One thing that was looked at.
struct AuditLine: Sendable, Equatable {
  enum Result: String, Sendable {
    case pass, fail
    /// It cannot be told from within.
    case unknown
  }

  let check: String
  let result: Result
  let found: String
  /// Where it was looked up.
  let how: String

  var json: JSON {
    [
      "check": .string(check), "result": .string(result.rawValue), "found": .string(found), "how": .string(how),
    ]
  }
}

/// What the process sees of itself, held against the Pod Security standard "restricted" and against what this project
/// promises. Pure: what it looks at is handed in.
struct Audit: Sendable {
  /// Where to look.
  struct Sources: Sendable {
    /// A file's text; nil where it cannot be read.
    var read: @Sendable (String) -> String?
    /// Where a symbolic link leads; nil where that cannot be told.
    var link: @Sendable (String) -> String?
    /// Nil where it cannot be told.
    var exists: @Sendable (String) -> Bool?
  }

  /// What the configuration promises.
  struct Expectations: Sendable {
    var landlock: Protection
    var seccomp: Protection
    /// Files and folders that are written to.
    var writable: [String]
    /// Event loops that serve.
    var loops: Int
  }

  private static let status = "/proc/self/status"
  private static let token = "/var/run/secrets/kubernetes.io/serviceaccount/token"
  /// The one that "restricted" lets a container keep.
  private static let bindService: UInt64 = 1 << 10
  /// Percent of the last ten seconds in which something waited.
  private static let pressureMax = 10.0

  private let sources: Sources
  private let expectations: Expectations
  /// The fields of /proc/self/status.
  private let fields: [String: String]

  init(_ sources: Sources, _ expectations: Expectations) {
    self.sources = sources
    self.expectations = expectations
    let lines = (sources.read(Self.status) ?? "").split(separator: "\n").map { line in
      line.split(separator: ":", maxSplits: 1).map { String($0.drop(while: \.isWhitespace)) }
    }
    fields = Dictionary(
      lines.filter { $0.count == 2 }.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
  }

  var lines: [AuditLine] {
    [
      user, capabilities, privileges, runtimeFilter, namespace("pid"), namespace("ipc"),
      AuditLine(
        check: "network namespace", result: .unknown, found: "cannot be told from within", how: "hostNetwork of the pod"
      ),
      protection("landlock", expectations.landlock), protection("own seccomp filter", expectations.seccomp), root,
      writableMounts, serviceAccountToken, memoryLimit, processorLimit, pressure,
    ]
  }

  // MARK: Pod Security, restricted

  private var user: AuditLine {
    let user = fields["Uid"]?.split(separator: "\t").first.flatMap { Int($0) }
    return AuditLine(
      check: "user", result: user.map { $0 == 0 ? .fail : .pass } ?? .unknown,
      found: user.map { $0 == 0 ? "root" : "\($0), not root" } ?? "not told", how: "\(Self.status), Uid")
  }

  private var capabilities: AuditLine {
    let sets = ["CapEff", "CapPrm", "CapBnd"].map { fields[$0].flatMap { UInt64($0, radix: 16) } }
    let known = sets.compactMap(\.self)
    let all = known.reduce(0, |)
    let isKnown = known.count == sets.count
    return AuditLine(
      check: "capabilities", result: isKnown ? (all & ~Self.bindService == 0 ? .pass : .fail) : .unknown,
      found: isKnown ? (all == 0 ? "none" : "0x" + String(all, radix: 16)) : "not told",
      how: "\(Self.status), CapEff, CapPrm and CapBnd")
  }

  private var privileges: AuditLine {
    AuditLine(
      check: "no new privileges", result: fields["NoNewPrivs"].map { $0 == "1" ? .pass : .fail } ?? .unknown,
      found: fields["NoNewPrivs"].map { $0 == "1" ? "set" : "not set" } ?? "not told", how: "\(Self.status), NoNewPrivs"
    )
  }

  /// The runtime's filter beside our own: `seccompProfile`.
  private var runtimeFilter: AuditLine {
    let how = "\(Self.status), Seccomp and Seccomp_filters"
    let own = if case .on = expectations.seccomp { 1 } else { 0 }
    guard let mode = fields["Seccomp"], let filters = fields["Seccomp_filters"].flatMap({ Int($0) }) else {
      return AuditLine(check: "runtime's seccomp profile", result: .unknown, found: "not told", how: how)
    }
    let isThere = mode == "2" && filters > own
    return AuditLine(
      check: "runtime's seccomp profile", result: isThere ? .pass : .fail,
      found: "mode \(mode), \(filters) filters, \(own) of them our own", how: how)
  }

  /// The kernel gives its first namespaces fixed numbers: include/linux/proc_ns.h.
  private func namespace(_ name: String) -> AuditLine {
    let first = name == "pid" ? "pid:[4026531836]" : "ipc:[4026531839]"
    let link = sources.link("/proc/self/ns/\(name)")
    return AuditLine(
      check: "\(name) namespace", result: link.map { $0 == first ? .fail : .pass } ?? .unknown,
      found: link.map { $0 == first ? "that of the node" : "its own" } ?? "not told", how: "/proc/self/ns/\(name)")
  }

  // MARK: What this project promises

  private func protection(_ name: String, _ protection: Protection) -> AuditLine {
    let isOn = if case .on = protection { true } else { false }
    return AuditLine(
      check: name, result: isOn ? .pass : .fail, found: "\(protection)", how: "what the kernel answered at the start")
  }

  private var root: AuditLine {
    let root = mounts?.last { $0.point == "/" }
    return AuditLine(
      check: "read-only root", result: root.map { $0.isWritable ? .fail : .pass } ?? .unknown,
      found: root.map { $0.isWritable ? "can be written to" : "read-only" } ?? "not told", how: "/proc/self/mountinfo")
  }

  /// The runtime's own below /dev, /proc and /sys, and the files that the kubelet mounts in every container, do not count.
  private var writableMounts: AuditLine {
    let how = "/proc/self/mountinfo"
    guard let mounts else { return AuditLine(check: "writable mounts", result: .unknown, found: "not told", how: how) }
    let kubelets = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"]
    let others = mounts.filter { mount in
      mount.isWritable && mount.point != "/" && !kubelets.contains(mount.point)
        && !["/dev", "/proc", "/sys"].contains { Self.isWithin(mount.point, $0) }
    }.map(\.point)
    let unexpected = others.filter { point in !expectations.writable.contains { Self.isWithin($0, point) } }
    return AuditLine(
      check: "writable mounts", result: unexpected.isEmpty ? .pass : .fail,
      found: others.isEmpty
        ? "none" : others.map { unexpected.contains($0) ? "\($0), which nothing needs" : $0 }.joined(separator: "; "),
      how: how)
  }

  private var serviceAccountToken: AuditLine {
    let exists = sources.exists(Self.token)
    return AuditLine(
      check: "no service account token", result: exists.map { $0 ? .fail : .pass } ?? .unknown,
      found: exists.map { $0 ? "mounted" : "not mounted" } ?? "not told", how: Self.token)
  }

  private var memoryLimit: AuditLine {
    let limit = CgroupMemory.limit(reading: sources.read)
    let isKnown = sources.read("/proc/self/cgroup") != nil
    return AuditLine(
      check: "memory limit", result: limit != nil ? .pass : isKnown ? .fail : .unknown,
      found: limit.map { "\($0 >> 20) MiB" } ?? (isKnown ? "none" : "not told"),
      how: "the cgroup's memory.max, or memory.limit_in_bytes")
  }

  /// No limit is wanted; where there is one, more loops than it pays for would throttle each other.
  private var processorLimit: AuditLine {
    let processors = CgroupQuota.processors(reading: sources.read)
    return AuditLine(
      check: "loops within the CPU limit", result: processors.map { expectations.loops <= $0 ? .pass : .fail } ?? .pass,
      found: processors.map { "\(expectations.loops) loops, a limit of \($0) processors" } ?? "no limit",
      how: "the cgroup's cpu.max, or cpu.cfs_quota_us")
  }

  /// PSI, Documentation/accounting/psi.rst: the share of time in which some task waited.
  private var pressure: AuditLine {
    let shares = ["cpu", "memory", "io"].compactMap { resource -> (String, Double)? in
      let text = sources.read("/sys/fs/cgroup/\(resource).pressure") ?? sources.read("/proc/pressure/\(resource)")
      let some = text?.split(separator: "\n").first?.split(separator: " ").first { $0.hasPrefix("avg10=") }
      return some.flatMap { Double($0.dropFirst("avg10=".count)) }.map { (resource, $0) }
    }
    return AuditLine(
      check: "no pressure",
      result: shares.isEmpty ? .unknown : shares.allSatisfy { $0.1 < Self.pressureMax } ? .pass : .fail,
      found: shares.isEmpty
        ? "not told" : shares.map { "\($0.0) \($0.1) %" }.joined(separator: ", ") + " of the last 10 s",
      how: "the cgroup's *.pressure, or /proc/pressure")
  }

  // MARK: Mounts

  private struct Mount {
    let point: String
    let isWritable: Bool
  }

  /// proc_pid_mountinfo(5): the mount's own options come sixth, the file system's last; either may say ro.
  private var mounts: [Mount]? {
    sources.read("/proc/self/mountinfo")?.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count >= 10, let last = words.last else { return nil }
      let isReadOnly = [words[5], last].contains { $0.split(separator: ",").contains("ro") }
      return Mount(point: String(words[4]), isWritable: !isReadOnly)
    }
  }

  private static func isWithin(_ path: String, _ folder: String) -> Bool {
    path == folder || path.hasPrefix(folder + "/")
  }
}
