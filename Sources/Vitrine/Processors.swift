internal import CLinux

/// How many event loops this process can keep busy.
package enum Processors {
  /// The affinity mask or the cgroup's CPU quota, rounded up, whichever is tighter; at least 1. It does not ask how
  /// many processors the machine has: in a container that is the node's number, and what exceeds the quota is throttled.
  package static var usable: Int {
    count(affinity: Int(clinux_processors()), quota: CgroupQuota.processors(reading: KernelFile.whole))
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
    CgroupMembership.all(controller: "cpu", reading: read).flatMap { membership in
      membership.folders.compactMap { folder in
        membership.isVersion2 ? version2(folder, read) : version1(folder, read)
      }
    }.min()
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
  /// Where the process's cgroup and its ancestors may be seen, inner ones first. Some do not exist: the path may lead
  /// where nothing is mounted, so the mount's root is always among them.
  let folders: [String]

  /// - Parameter read: a file's text by its path; nil where there is no such file.
  static func all(controller: Substring, reading read: (String) -> String?) -> [CgroupMembership] {
    let mounts = read("/proc/self/mountinfo") ?? ""
    return (read("/proc/self/cgroup") ?? "").split(separator: "\n").compactMap { line in
      CgroupMembership(line, controller: controller, mounts: mounts)
    }
  }

  /// Nil for a hierarchy without the controller.
  private init?(_ line: Substring, controller: Substring, mounts: String) {
    let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { return nil }
    isVersion2 = fields[0] == "0" && fields[1].isEmpty
    let points: [String]
    if isVersion2 {
      points = ["/sys/fs/cgroup"]
    } else if fields[1].split(separator: ",").contains(controller) {
      // The folder is named after all controllers of the hierarchy, commonly with a link from each.
      points = Set([fields[1], controller]).map { "/sys/fs/cgroup/" + $0 }
    } else {
      return nil
    }
    folders = points.flatMap { point in
      Self.ancestry(of: fields[2], below: Self.root(of: point, in: mounts)).map { point + $0 }
    }
  }

  /// Which cgroup is mounted at `point`: proc_pid_mountinfo(5) tells it fourth, and the point fifth. In a container
  /// without a cgroup namespace it is the container's, and paths are still the host's.
  private static func root(of point: String, in mounts: String) -> Substring {
    for mount in mounts.split(separator: "\n") {
      let words = mount.split(separator: " ", maxSplits: 5)
      if words.count == 6, words[4] == point { return words[3] }
    }
    return "/"
  }

  /// `/a/b` gives `/a/b`, `/a` and the root, which is empty; below `/a` it gives `/b` and the root. A path with `..` lies
  /// outside the cgroup namespace, where only the root can be seen: cgroup_namespaces(7).
  private static func ancestry(of path: Substring, below root: Substring) -> [String] {
    var names = path.split(separator: "/")
    guard !names.contains("..") else { return [""] }
    let mounted = root.split(separator: "/")
    if names.starts(with: mounted) { names.removeFirst(mounted.count) }
    return (0...names.count).reversed().map { depth in names.prefix(depth).map { "/" + $0 }.joined() }
  }
}
