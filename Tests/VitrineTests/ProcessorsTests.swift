import Testing

@testable import Vitrine

@Suite struct ProcessorsTests {
  @Test(arguments: [(8, 2, 2), (2, 8, 2), (4, 4, 4)])
  func takesTheTighterOfQuotaAndAffinity(affinity: Int, quota: Int, loops: Int) {
    #expect(Processors.count(affinity: affinity, quota: quota) == loops)
  }

  @Test func takesTheAffinityWithoutAQuota() {
    #expect(Processors.count(affinity: 3, quota: nil) == 3)
  }

  @Test func takesTheQuotaWhereTheAffinityIsUnknown() {
    #expect(Processors.count(affinity: -1, quota: 6) == 6)
  }

  @Test(arguments: [-1, 0]) func hasOneLoopAtLeast(affinity: Int) {
    #expect(Processors.count(affinity: affinity, quota: nil) == 1)
  }

  @Test func thisMachineHasAtLeastOne() {
    #expect(Processors.usable >= 1)
  }
}

@Suite struct CgroupQuotaTests {
  /// Files by their path.
  private func quota(_ files: [String: String]) -> Int? {
    CgroupQuota.processors { files[$0] }
  }

  @Test(
    arguments: [
      ("100000 100000\n", 1), ("100001 100000\n", 2), ("50000 100000\n", 1), ("250000 100000\n", 3),
      ("1 100000\n", 1), ("20000 10000", 2), ("9223372036854775807 1\n", Int.max),
    ])
  func roundsTheQuotaUp(file: String, processors: Int) {
    #expect(quota(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": file]) == processors)
  }

  @Test(
    arguments: [
      "max 100000\n", "", "\n", "max\n", "100000\n", "100000 0\n", "0 100000\n", "-1 100000\n", "1 2 3\n",
      "99999999999999999999 100000\n", "a b\n",
    ])
  func knowsNoQuotaIn(file: String) {
    #expect(quota(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": file]) == nil)
  }

  @Test func theTightestAncestorHolds() {
    var files = [
      "/proc/self/cgroup": "0::/kubepods/pod1/main\n",
      "/sys/fs/cgroup/kubepods/pod1/main/cpu.max": "400000 100000\n",
      "/sys/fs/cgroup/kubepods/pod1/cpu.max": "150000 100000\n",
      "/sys/fs/cgroup/kubepods/cpu.max": "max 100000\n",
    ]
    #expect(quota(files) == 2)
    files["/sys/fs/cgroup/kubepods/pod1/cpu.max"] = "max 100000\n"
    #expect(quota(files) == 4)
  }

  @Test(arguments: ["0::/not/mounted/here\n", "0::/../../sibling\n", "0::/\n"])
  func takesTheRootWhereItsOwnPathDoesNotExist(membership: String) {
    #expect(quota(["/proc/self/cgroup": membership, "/sys/fs/cgroup/cpu.max": "200000 100000\n"]) == 2)
  }

  @Test func doesNotClimbOutOfTheNamespace() {
    let files = ["/proc/self/cgroup": "0::/../b\n", "/sys/fs/cgroup/../b/cpu.max": "100000 100000\n"]
    #expect(quota(files) == nil)
  }

  @Test(
    arguments: [
      ("4:cpu,cpuacct:/docker/1\n", "/sys/fs/cgroup/cpu,cpuacct/docker/1"),
      ("4:cpu,cpuacct:/docker/1\n", "/sys/fs/cgroup/cpu/docker/1"),
      ("4:cpu,cpuacct:/docker/1\n", "/sys/fs/cgroup/cpu,cpuacct"),
      ("4:cpuacct,cpu:/docker/1\n", "/sys/fs/cgroup/cpuacct,cpu/docker"),
      ("1:cpu:/\n", "/sys/fs/cgroup/cpu"),
      ("9:name=systemd:/\n1:cpu:/a:b\n0::/\n", "/sys/fs/cgroup/cpu/a:b"),
    ])
  func readsVersion1WhereItIsMounted(membership: String, folder: String) {
    var files = [
      "/proc/self/cgroup": membership, folder + "/cpu.cfs_quota_us": "350000\n",
      folder + "/cpu.cfs_period_us": "100000\n",
    ]
    #expect(quota(files) == 4)
    files[folder + "/cpu.cfs_quota_us"] = "-1\n"
    #expect(quota(files) == nil)
  }

  /// As in a container without a cgroup namespace, whose process made a cgroup of its own.
  @Test(arguments: [
    ("/host/1", "/host/1/own", "/own"), ("/host/1", "/host/1/own", ""), ("/host/1", "/host/1", ""),
    ("/", "/host/1", "/host"), ("/host/1", "/host/12", "/host"), ("/..", "/own", "/own"),
  ])
  func findsItsFolderBelowWhatIsMounted(root: String, path: String, folder: String) {
    var files = [
      "/proc/self/cgroup": "3:cpu:\(path)\n0::\(path)\n",
      "/proc/self/mountinfo": """
      31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
      32 31 0:29 \(root) /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
      33 31 0:30 /elsewhere /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory

      """,
      "/sys/fs/cgroup/cpu\(folder)/cpu.cfs_quota_us": "350000\n",
      "/sys/fs/cgroup/cpu\(folder)/cpu.cfs_period_us": "100000\n",
    ]
    #expect(quota(files) == 4)
    files["/proc/self/mountinfo"] = "30 23 0:26 \(root) /sys/fs/cgroup rw - cgroup2 cgroup rw\n"
    files["/sys/fs/cgroup\(folder)/cpu.max"] = "150000 100000\n"
    files["/sys/fs/cgroup/cpu\(folder)/cpu.cfs_quota_us"] = "-1\n"
    #expect(quota(files) == 2)
  }

  @Test func otherControllersDoNotLimitTheProcessors() {
    let folder = "/sys/fs/cgroup/cpuset"
    let files = [
      "/proc/self/cgroup": "2:cpuset:/\n", folder + "/cpu.cfs_quota_us": "1\n", folder + "/cpu.cfs_period_us": "1\n",
    ]
    #expect(quota(files) == nil)
  }

  @Test(arguments: [nil, "", "\n", "nonsense\n", "0:\n", "::\n"])
  func copesWithoutCgroups(membership: String?) {
    #expect(CgroupQuota.processors { $0 == "/proc/self/cgroup" ? membership : nil } == nil)
  }
}
