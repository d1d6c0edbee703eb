import FoundationEssentials
import TestSupport
import Testing

/// A disk that is really full: a tmpfs(5) of 16 KB in a mount namespace of the service's own.
@Suite(.serialized, .enabled(Faults.needsMounts, Faults.canMount))
struct DiskFaultTests {
  @Test func aFullDiskChangesNothingAndIsTold() async throws {
    let folder = try TemporaryFolder()
    let tokens = try folder.write("\(Writers.token)\n", to: "secret/token")
    try folder.write("", to: "disk/hidden")
    let disk = "\(folder.path)/disk"
    let options = ["--write-token-file", tokens, "--products", "\(disk)/products.json"]
    try await ServiceProcess.run(options, under: Faults.smallDisk(at: disk)) { service in
      // The namespace is the service's, and so is the file.
      let file = "/proc/\(service.process.pid)/root\(disk)/products.json"
      let before = try String(contentsOfFile: file, encoding: .utf8)
      let long = String(repeating: "x", count: 4000)
      let large = Writers.product().replacing("\"description\":\"\"", with: "\"description\":\"\(long)\"")
      var refused: RawResponse?
      for number in 0..<4 where refused == nil {
        let answer = try await service.send("PUT", "/api/products/large-\(number)", large)
        if answer.status != 201 { refused = answer }
      }
      let answer = try #require(refused)
      #expect(answer.status == 507 && answer.text.contains("No space left on device"), "\(answer.text)")
      let full = try String(contentsOfFile: file, encoding: .utf8)
      let kept = try #require(try JSONValue(full)["items"]?.array)
      #expect(full.utf8.count >= before.utf8.count && kept.count >= 14)
      let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(service.process.pid)/root\(disk)")
      #expect(!names.contains(".products.json.new"), "half of a file takes room")
      #expect(
        try await service.metric(#"vitrine_store_operations_total{operation="replace",result="full"}"#) == 1)
      try await service.expectHealthy()
      // There is room for what is no larger.
      #expect(try await service.send("DELETE", "/api/products/vitrine-mini").status == 204)
    }
  }
}
