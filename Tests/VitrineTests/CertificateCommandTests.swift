import FoundationEssentials
import Networking
import TestSupport
import Testing

@Suite struct CertificateCommandTests {
  private func make(_ arguments: String...) async throws -> FinishedProcess {
    try await ServiceProcess.finished(["certificate"] + arguments)
  }

  @Test func whatItMakesCanBeServed() async throws {
    let folder = try TemporaryFolder()
    let made = try await make("--directory", folder.path, "localhost", "127.0.0.1")
    #expect(made.end == .exited(0), "\(made.errors)")
    let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/tls.key")
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let options = [
      "--https-port", "0", "--tls-certificate", "\(folder.path)/tls.crt", "--tls-key", "\(folder.path)/tls.key",
    ]
    try await ServiceProcess.run(options) { (service) async throws in
      let url = "https://\(try #require(service.tlsAddress))/readyz"
      let check = try await ServiceProcess.finished(["check", "--ca", "\(folder.path)/tls.crt", url])
      #expect(check.end == .exited(0), "\(check.errors)")
    }
  }

  @Test func replacesNothing() async throws {
    let folder = try TemporaryFolder()
    let key = try folder.write("mine", to: "tls.key")
    let made = try await make("--directory", folder.path)
    #expect(made.end == .exited(73))
    #expect(made.errorLines == ["vitrine: \(key): open: File exists"])
    #expect(try String(contentsOfFile: key, encoding: .utf8) == "mine")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/tls.crt"))
  }

  @Test func leavesNoKeyWithoutItsCertificate() async throws {
    let folder = try TemporaryFolder()
    try folder.write("mine", to: "tls.crt")
    #expect(try await make("--directory", folder.path).end == .exited(73))
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/tls.key"))
  }

  @Test func refusesWhatIsNoName() async throws {
    let made = try await make("good", "a b", "x\n")
    #expect(made.end == .exited(64))
    #expect(
      made.errorLines == [
        "vitrine: certificate \"a b\": must be a name or an address",
        "vitrine: certificate \"x\\n\": must be a name or an address",
      ])
  }
}
