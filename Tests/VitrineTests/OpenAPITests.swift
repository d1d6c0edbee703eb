import FoundationEssentials
import TestSupport
import Testing

/// `/openapi.json`, and whether the service is what it says.
@Suite(.serialized) struct OpenAPITests {
  /// The path of schemathesis; nil where it is not installed.
  static let schemathesis: String? = {
    let variables = ProcessInfo.processInfo.environment
    let folders = (variables["PATH"] ?? "").split(separator: ":").map(String.init)
    let candidates = [variables["VITRINE_SCHEMATHESIS"]].compactMap(\.self) + folders.map { "\($0)/schemathesis" }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  @Test func theDescriptionHasEveryRouteAndMethodAndItsReferencesLead() async throws {
    try await ServiceProcess.run { service in
      let answer = try await service.get("/openapi.json")
      #expect(answer.status == 200 && answer["Content-Type"] == "application/json")
      let description = try JSONValue(answer.text)
      #expect(description["openapi"]?.string == "3.1.0")
      let paths = try #require(description["paths"]?.object)
      #expect(paths["/api/products"]?.keys == ["get", "post"])
      #expect(paths["/api/products/{id}"]?.keys == ["parameters", "get", "put", "delete"])
      let references = answer.text.matches(of: try Regex(##""\$ref":"#/components/([a-z]+)/([A-Za-z0-9]+)""##))
      #expect(references.count > 30)
      for reference in references {
        let (kind, name) = (String(reference[1].substring ?? ""), String(reference[2].substring ?? ""))
        #expect(description["components"]?[kind]?[name] != nil, "\(kind)/\(name)")
      }
      #expect(try await service.get("/openapi.json", ["If-None-Match: \(answer["ETag"] ?? "")"]).status == 304)
    }
  }

  @Test(.enabled(if: schemathesis != nil, missing)) func schemathesisFindsNothing() async throws {
    let folder = try TemporaryFolder()
    try await Writers.run(in: folder, ["--products", "\(folder.path)/products.json", "--no-access-log"]) {
      (service) async throws in try await Self.isAsDescribed(service)
    }
  }

  static let missing: Comment = "skipped: no schemathesis in PATH or VITRINE_SCHEMATHESIS"

  /// States that schemathesis, with all its checks, finds nothing wrong with a service that takes changes.
  static func isAsDescribed(_ service: ServiceProcess) async throws {
    let folder = try TemporaryFolder()
    let variables = ProcessInfo.processInfo.environment.merging(["HOME": folder.path]) { $1 }
    // In a folder of its own: it leaves what it found where it runs.
    let finished = try await ChildProcess.finished(
      [
        "/usr/bin/env", "--chdir=\(folder.path)", try #require(schemathesis), "run", "\(service.url)/openapi.json",
        "--checks", "all", "--phases", "examples,coverage,fuzzing", "--seed", "1", "--max-examples", "30", "--header",
        Writers.authorization,
      ], environment: variables)
    #expect(finished.end == .exited(0), "\(finished.output)\(finished.errors)")
    #expect(finished.output.contains("generated"))
  }
}
