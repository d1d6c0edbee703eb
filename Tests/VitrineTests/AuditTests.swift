import Glibc
import Sandbox
import TestSupport
import Testing

@testable import Vitrine

/// What an audit makes of files that are handed in.
@Suite struct AuditTests {
  private static let mounts = """
    1 0 0:1 / / ro,relatime - overlay overlay rw
    2 1 0:2 / /proc rw,nosuid - proc proc rw
    3 1 0:3 / /dev rw - tmpfs tmpfs rw
    4 1 0:4 / /dev/termination-log rw,relatime - ext4 /dev/sda rw
    5 1 0:5 / /etc/hosts rw,relatime - ext4 /dev/sda rw
    6 1 0:6 / /etc/vitrine/products ro,relatime - ext4 /dev/sda rw

    """

  /// A pod as the chart makes it.
  private static let files = [
    "/proc/self/status": """
    Name:\tvitrine
    Uid:\t65532\t65532\t65532\t65532
    CapPrm:\t0000000000000000
    CapEff:\t0000000000000000
    CapBnd:\t0000000000000000
    NoNewPrivs:\t1
    Seccomp:\t2
    Seccomp_filters:\t2

    """,
    "/proc/self/mountinfo": mounts, "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "134217728\n",
    "/sys/fs/cgroup/cpu.max": "max 100000\n",
    "/sys/fs/cgroup/cpu.pressure": "some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n",
  ]

  private func results(
    _ changes: [String: String?] = [:],
    links: [String: String] = ["pid": "pid:[4026532000]", "ipc": "ipc:[4026532001]"],
    token: Bool? = false, landlock: Protection = .on("abi 7"), seccomp: Protection = .on("denies 68 calls"),
    loops: Int = 2
  ) -> [String: AuditLine] {
    var files = Self.files
    for (path, text) in changes { files[path] = text }
    let sources = Audit.Sources(
      read: { [files] in files[$0] }, link: { links[$0.split(separator: "/").last.map(String.init) ?? ""] },
      exists: { _ in token })
    let expectations = Audit.Expectations(
      landlock: landlock, seccomp: seccomp, writable: ["/dev/termination-log", "/var/lib/vitrine"], loops: loops)
    let lines = Audit(sources, expectations).lines
    #expect(Set(lines.map(\.check)).count == lines.count && lines.allSatisfy { !$0.found.isEmpty && !$0.how.isEmpty })
    return Dictionary(lines.map { ($0.check, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The status with another line in the place of that of its name.
  private func status(_ line: String) -> [String: String?] {
    let name = line.prefix { $0 != ":" } + ":"
    let lines = Self.files["/proc/self/status"]?.split(separator: "\n").map { $0.hasPrefix(name) ? line[...] : $0 }
    return ["/proc/self/status": lines?.joined(separator: "\n")]
  }

  @Test func aPodOfTheChartPassesAllThatCanBeTold() {
    for line in results().values {
      #expect(line.result == (line.check == "network namespace" ? .unknown : .pass), "\(line)")
    }
  }

  @Test(arguments: [
    ("Uid:\t0\t0\t0\t0", "user", "root"), ("CapBnd:\t00000000a80425fb", "capabilities", "0xa80425fb"),
    ("CapEff:\t0000000000000001", "capabilities", "0x1"), ("NoNewPrivs:\t0", "no new privileges", "not set"),
    ("Seccomp:\t0", "runtime's seccomp profile", "mode 0, 2 filters, 1 of them our own"),
    ("Seccomp_filters:\t1", "runtime's seccomp profile", "mode 2, 1 filters, 1 of them our own"),
  ])
  func whatTheStatusTellsMayFail(line: String, check: String, found: String) {
    let result = results(status(line))[check]
    #expect(result?.result == .fail && result?.found == found)
  }

  @Test func oneCapabilityIsAllowed() {
    #expect(results(status("CapBnd:\t0000000000000400"))["capabilities"]?.result == .pass)
    // Without a filter of our own the runtime's is the only one.
    #expect(results(status("Seccomp_filters:\t1"), seccomp: .off)["runtime's seccomp profile"]?.result == .pass)
  }

  @Test func whatCannotBeReadIsUnknown() {
    let unknown = results(
      [
        "/proc/self/status": nil, "/proc/self/mountinfo": nil, "/proc/self/cgroup": nil,
        "/sys/fs/cgroup/cpu.pressure": nil,
      ],
      links: [:], token: nil)
    let told = Set(unknown.values.filter { $0.result != .unknown }.map(\.check))
    #expect(told == ["landlock", "own seccomp filter", "loops within the CPU limit"])
  }

  @Test func namespacesOfTheNodeAreTold() {
    let results = results(links: ["pid": "pid:[4026531836]", "ipc": "ipc:[4026531839]"])
    #expect(results["pid namespace"]?.result == .fail && results["ipc namespace"]?.result == .fail)
  }

  @Test func protectionsThatAreNotInForceFail() {
    let results = results(landlock: .off, seccomp: .unavailable("Operation not permitted"))
    #expect(results["landlock"]?.result == .fail && results["landlock"]?.found == "off")
    #expect(results["own seccomp filter"]?.found == "unavailable: Operation not permitted")
  }

  @Test func mountsThatNothingNeedsAreNamed() {
    let more = "7 1 0:7 / /var/lib/vitrine rw - ext4 /dev/sdb rw\n8 1 0:8 / /data rw - ext4 /dev/sdc rw\n"
    let line = results(["/proc/self/mountinfo": Self.mounts + more])["writable mounts"]
    #expect(line?.result == .fail)
    #expect(
      line?.found == "/dev/termination-log; /var/lib/vitrine; /data, which nothing needs"
        || line?.found == "/var/lib/vitrine; /data, which nothing needs")
    let root = results(["/proc/self/mountinfo": "1 0 0:1 / / rw,relatime - overlay overlay rw\n"])["read-only root"]
    #expect(root?.result == .fail && root?.found == "can be written to")
    // The file system's own options count too.
    #expect(
      results(["/proc/self/mountinfo": "1 0 0:1 / / rw - erofs /dev/vda ro\n"])["read-only root"]?.result == .pass)
  }

  @Test func limitsAreThoseOfTheCgroup() {
    #expect(results()["memory limit"]?.found == "128 MiB")
    #expect(results(["/sys/fs/cgroup/memory.max": "max\n"])["memory limit"]?.result == .fail)
    let first: [String: String?] = [
      "/proc/self/cgroup": "9:memory:/a\n", "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": "9223372036854771712\n",
    ]
    #expect(results(first)["memory limit"]?.result == .fail)
    let limited = first.merging(["/sys/fs/cgroup/memory/memory.limit_in_bytes": "1048576\n"]) { $1 }
    #expect(results(limited)["memory limit"]?.found == "1 MiB")
    let quota: [String: String?] = ["/sys/fs/cgroup/cpu.max": "150000 100000\n"]
    #expect(results(quota)["loops within the CPU limit"]?.result == .pass)
    #expect(results(quota, loops: 3)["loops within the CPU limit"]?.result == .fail)
  }

  @Test func theTokenAndThePressureCount() {
    #expect(results(token: true)["no service account token"]?.result == .fail)
    let some = "some avg10=12.00 avg60=0.00 avg300=0.00 total=1\n"
    let pressed = results(["/sys/fs/cgroup/memory.pressure": some])["no pressure"]
    #expect(pressed?.result == .fail && pressed?.found == "cpu 1.5 %, memory 12.0 % of the last 10 s")
    let ofTheMachine = results(["/sys/fs/cgroup/cpu.pressure": nil, "/proc/pressure/io": some])["no pressure"]
    #expect(ofTheMachine?.found == "io 12.0 % of the last 10 s")
  }

  @Test func theReportCounts() {
    let lines = [
      AuditLine(check: "a", result: .pass, found: "yes", how: "x"),
      AuditLine(check: "long", result: .unknown, found: "?", how: "y"),
    ]
    let report = AuditReport(lines: lines)
    #expect(
      report.text == """
        pass     a     yes  x
        unknown  long  ?    y
        1 passed, 0 failed, 1 unknown

        """)
    #expect(!report.hasFailed)
  }
}

/// The audit of the real process.
@Suite(.serialized) struct AuditProcessTests {
  @Test func theServiceTellsHowItIsConfined() async throws {
    try await ServiceProcess.run(["--management-port", "0"]) { service in
      let answer = try await service.get("/audit", management: true)
      #expect(answer.status == 200 && answer["Content-Type"] == "application/json")
      let lines = try #require(try JSONValue(answer.text)["audit"]?.array)
      func line(_ check: String) -> JSONValue? { lines.first { $0["check"] == .string(check) } }
      #expect(line("user")?["result"] == .string(getuid() == 0 ? "fail" : "pass"))
      #expect(line("no service account token")?["result"] == .string("pass"))
      let hardening = try await service.logged("hardening")
      #expect(line("landlock")?["found"] == hardening["landlock"])
      #expect(line("own seccomp filter")?["found"] == hardening["seccomp"])
      let text = try await service.get("/audit", ["Accept: text/plain"], management: true)
      #expect(text["Content-Type"] == "text/plain; charset=utf-8" && text.text.contains(" failed, "))
      let elsewhere = try await service.get("/audit")
      #expect(elsewhere.status == 404)
    }
  }

  @Test func theCommandTellsTheSame() async throws {
    let finished = try await ServiceProcess.finished(["audit", "--loops", "1"])
    let lines = finished.output.split(separator: "\n")
    #expect(lines.contains { $0.contains("  landlock  ") } && lines.last?.hasSuffix(" unknown") == true)
    let hasFailed = lines.contains { $0.hasPrefix("fail ") }
    #expect(finished.end == .exited(hasFailed ? 1 : 0), "\(finished.output)\(finished.errors)")
    if !Sanitizer.isLinked {
      let bare = try await ServiceProcess.finished(["audit", "--no-hardening"])
      #expect(bare.end == .exited(1) && bare.output.contains("fail     landlock"))
    }
    let wrong = try await ServiceProcess.finished(["audit", "--loops", "x", "more"])
    #expect(wrong.end == .exited(64) && wrong.errorLines.count == 2)
  }
}
