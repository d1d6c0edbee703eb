internal import CLinux

/// How many event loops this process can keep busy.
package enum Processors {
  /// The affinity mask or the cgroup's CPU quota, rounded up, whichever is tighter; at least 1. It does not ask how
  /// many processors the machine has: in a container that is the node's number, and what exceeds the quota is throttled.
  package static var usable: Int {
    count(affinity: Int(clinux_processors()), quota: CgroupQuota.processors(reading: KernelFile.text))
  }

  /// - Parameters:
  ///   - affinity: how many processors sched_getaffinity(2) allows; 0 or less where that is unknown.
  ///   - quota: how many the cgroups allow, rounded up; nil without a limit.
  static func count(affinity: Int, quota: Int?) -> Int {
    let limits = [affinity > 0 ? affinity : nil, quota].compactMap { $0 }
    return max(1, limits.min() ?? 1)
  }
}

/// The CPU time that cgroups allow the process, as a number of processors: cgroups(7), the kernel's
/// Documentation/admin-guide/cgroup-v2.rst and Documentation/scheduler/sched-bwc.rst.
enum CgroupQuota {
  /// The tightest quota over period, rounded up, on the way from the process's own cgroup to the mount's root: every
  /// ancestor's limit holds for it too. Nil where none has one.
  ///
  /// - Parameter read: a file's text by its path; nil where there is no such file.
  static func processors(reading read: (String) -> String?) -> Int? {
    let memberships = read("/proc/self/cgroup") ?? ""
    let quotas = memberships.split(separator: "\n").flatMap { line -> [Int] in
      guard let membership = CgroupMembership(line, controller: "cpu") else { return [] }
      return membership.folders.compactMap { folder in
        membership.isVersion2 ? version2(folder, read) : version1(folder, read)
      }
    }
    return quotas.min()
  }

  /// `cpu.max` holds quota and period in microseconds, `150000 100000`, or `max 100000`.
  private static func version2(_ folder: String, _ read: (String) -> String?) -> Int? {
    guard let fields = read(folder + "/cpu.max")?.split(whereSeparator: \.isWhitespace), fields.count == 2
    else { return nil }
    return processors(quota: fields[0], period: fields[1])
  }

  /// The same in two files, -1 meaning no limit.
  private static func version1(_ folder: String, _ read: (String) -> String?) -> Int? {
    guard let quota = read(folder + "/cpu.cfs_quota_us"), let period = read(folder + "/cpu.cfs_period_us")
    else { return nil }
    return processors(quota: quota.prefix { !$0.isWhitespace }, period: period.prefix { !$0.isWhitespace })
  }

  private static func processors(quota: Substring, period: Substring) -> Int? {
    guard let quota = Int(quota), let period = Int(period), quota > 0, period > 0 else { return nil }
    return (quota - 1) / period + 1
  }
}

/// A line of /proc/self/cgroup, `hierarchy:controllers:path`, of a hierarchy that has a controller.
struct CgroupMembership {
  let isVersion2: Bool
  /// Where the process's cgroup and its ancestors may be seen, inner ones first. Some do not exist: in a container the
  /// path may be the host's while the mount's root is the process's own cgroup, so the root is always among them.
  let folders: [String]

  /// Nil for a hierarchy without the controller.
  init?(_ line: Substring, controller: Substring) {
    let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { return nil }
    isVersion2 = fields[0] == "0" && fields[1].isEmpty
    let mounts: [String]
    if isVersion2 {
      mounts = ["/sys/fs/cgroup"]
    } else if fields[1].split(separator: ",").contains(controller) {
      // The folder is named after all controllers of the hierarchy, commonly with a link from each.
      mounts = Set([fields[1], controller]).map { "/sys/fs/cgroup/" + $0 }
    } else {
      return nil
    }
    let paths = Self.ancestry(of: fields[2])
    folders = mounts.flatMap { mount in paths.map { mount + $0 } }
  }

  /// `/a/b` gives `/a/b`, `/a` and the root, which is empty. A path with `..` lies outside the cgroup namespace, where
  /// only the root can be seen: cgroup_namespaces(7).
  private static func ancestry(of path: Substring) -> [String] {
    let names = path.split(separator: "/")
    guard !names.contains("..") else { return [""] }
    return (0...names.count).reversed().map { depth in names.prefix(depth).map { "/" + $0 }.joined() }
  }
}
