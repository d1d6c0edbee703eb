import TestSupport
import Testing

/// A service in which faults can be made.
enum FaultyService {
  static func run<Result>(
    _ options: [String] = [], _ body: (ServiceProcess) async throws -> Result
  ) async throws -> Result {
    let folder = try TemporaryFolder()
    return try await Writers.run(in: folder, ["--faults", "--management-port", "0"] + options, body)
  }
}

extension ServiceProcess {
  /// Puts a fault in force.
  func makeFault(_ json: String, name: String = "f") async throws {
    let answer = try await send("PUT", "/faults/\(name)", json, management: true)
    try #require(answer.status == 201, "\(answer.text)")
  }

  func endFault(_ name: String = "f") async throws {
    let answer = try await send("DELETE", "/faults/\(name)", contentType: nil, management: true)
    try #require(answer.status == 204)
  }

  func injections(_ kind: String, name: String = "f") async throws -> Double? {
    try await metric(#"vitrine_fault_injections_total{fault="\#(name)",kind="\#(kind)"}"#)
  }

  /// Whether faults are in force.
  func isFaulty() async throws -> Bool { try await metric("vitrine_faults_active") != 0 }
}
