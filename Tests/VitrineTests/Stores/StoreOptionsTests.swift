import TestSupport
import Testing
import Vitrine

/// What the options of a database need, of each other and of the build. None of it tells a password.
@Suite struct StoreOptionsTests {
  private static let url = "postgresql://me:secret@127.0.0.1:1/x"

  private func lines(_ arguments: [String]) async throws -> [String] {
    let finished = try await ServiceProcess.finished(["serve", "--check"] + arguments)
    #expect(finished.end == .exited(64))
    #expect(!finished.errors.contains("secret"))
    return finished.errorLines
  }

  @Test(.enabled(if: !StoreTraits.hasPostgreSQL, "skipped: this build has PostgreSQL"))
  func aBuildWithoutThemSaysHowToGetThem() async throws {
    let database = "vitrine: --database-url: this build has no PostgreSQL; build it with --traits PostgreSQL"
    let cache = "vitrine: --cache-url: this build has no Redis; build it with --traits Redis"
    #expect(try await lines(["--database-url", Self.url]) == [database])
    #expect(try await lines(["--database-url-file", "/nowhere"]) == [database])
    #expect(try await lines(["--database-url", Self.url, "--cache-url", "redis://:secret@h"]) == [database, cache])
    let imported = try await ServiceProcess.finished(["products", "export", "--database-url", Self.url])
    #expect(imported.end == .exited(64) && imported.errorLines == [database])
    #expect(Usage.help.contains("\nDatabase (not in this build)\n"))
  }

  @Test(.enabled(if: StoreTraits.hasRedis, "skipped: this build has no Redis"))
  func whatContradictsIsTold() async throws {
    #expect(
      try await lines(["--cache-url", "redis://h"])
        == ["vitrine: --cache-url: needs a database, which --database-url names"])
    #expect(
      try await lines([
        "--database-url", Self.url, "--database-url-file", "/x", "--products", "/y", "--cache-url", "redis://:secret@h",
        "--cache-url-file", "/z",
      ]) == [
        "vitrine: --products: must not be given with a database",
        "vitrine: --database-url-file: must not be given with --database-url",
        "vitrine: --cache-url-file: must not be given with --cache-url",
      ])
    #expect(
      try await lines(["--database-url", "postgresql://me:%secret@h"])
        == ["vitrine: --database-url: must be a connection string of libpq"])
    #expect(
      try await lines(["--database-url", Self.url, "--cache-url", "http://:secret@h"])
        == ["vitrine: --cache-url: must be redis://[[USER]:PASSWORD@]HOST[:PORT][/DB] or rediss://…"])
    let file = try await ServiceProcess.finished(["serve", "--check", "--database-url-file", "/nowhere/url"])
    #expect(file.end == .exited(78))
    #expect(file.errorLines == ["vitrine: /nowhere/url: cannot be read: No such file or directory"])
  }
}
