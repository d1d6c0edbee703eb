import FoundationEssentials
import TestSupport
import Testing
import Vitrine

/// The README's tables say what the program says.
@Suite struct ReadmeTests {
  /// The lines between `<!-- name -->` and `<!-- /name -->`, without the empty ones.
  private func section(_ name: String, of file: String = #filePath) throws -> String {
    let root = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    let lines = readme.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "<!-- \(name) -->"), "README.md lacks <!-- \(name) -->")
    let end = try #require(lines[start...].firstIndex(of: "<!-- /\(name) -->"), "README.md lacks <!-- /\(name) -->")
    return lines[(start + 1)..<end].filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  @Test func theOptionsTableIsTheProgramsOwn() throws {
    #expect(try section("options") == Usage.markdownTable)
  }

  @Test func theMetricsTableNamesTheFamiliesOfAScrape() async throws {
    let rows = try section("metrics").split(separator: "\n").filter { $0.hasPrefix("| `") }
    let named = rows.compactMap { $0.split(separator: "`").dropFirst().first?.prefix { $0 != "{" } }.map(String.init)
    // Only where HTTPS is on has it metrics.
    let pair = try TLSPair()
    try await ServiceProcess.run(pair.options) { service in
      let scrape = try await service.get("/metrics").text
      let families = scrape.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
        String($0.split(separator: " ")[2])
      }
      #expect(Set(named).count == named.count, "a family stands twice")
      #expect(Set(families).subtracting(named) == [], "README.md lacks these")
      #expect(Set(named).subtracting(families) == [], "no scrape has these")
    }
  }
}
