import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Less of a processor than the machine has.
@Suite struct ProcessorFaultTests {
  private func expectOneLoop(_ service: ServiceProcess) async throws {
    #expect(try await service.metric("vitrine_loops") == 1)
    try await service.client { client in
      for _ in 0..<200 {
        let answer = try client.exchange(ServiceProcess.request("/version"))
        #expect(answer.status == 200)
      }
    }
    try await service.expectHealthy()
  }

  @Test(.enabled(if: Faults.isInstalled(Faults.taskset), Faults.needsTaskset))
  func onOneCoreThereIsOneLoop() async throws {
    let allowed = try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(separator: "\n").first {
      $0.hasPrefix("Cpus_allowed_list:")
    }
    let first = try #require(allowed?.split(separator: "\t").last?.prefix { $0.isNumber })
    try await ServiceProcess.run(under: [Faults.taskset, "--cpu-list", String(first)], expectOneLoop)
  }

  @Test(.enabled(if: Cgroup.canMake("cpu"), "skipped: no right to a cgroup with the cpu controller"))
  func withAFifthOfACoreThereIsOneLoop() async throws {
    let group = try Cgroup("cpu")
    if group.isVersion2 {
      try group.write("20000 100000", to: "cpu.max")
    } else {
      try group.write("100000", to: "cpu.cfs_period_us")
      try group.write("20000", to: "cpu.cfs_quota_us")
    }
    try await ServiceProcess.run(under: group.entering, expectOneLoop)
  }
}
