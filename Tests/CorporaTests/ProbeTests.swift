import TestSupport
import Testing

/// Http11Probe: how strictly a server reads what could be read in two ways.
@Suite(.enabled(if: Corpora.areThere, Corpora.areMissing)) struct ProbeTests {
  @Test func failsNoScoredCase() async throws {
    let cases = try await Corpora.cases(ProbeCase.corpus, of: ProbeCase.self)
    #expect(cases.count { $0.scored } == 161)
    try await TestServer.run(routes: EchoRoutes.all) { server in
      let replayed = try await server.replay(cases.map(\.bytes))
      var found: [String: String] = [:]
      var verdicts: [ProbeCase.Verdict: Int] = [:]
      for (wanted, replayed) in zip(cases, replayed) where wanted.scored {
        let verdict = wanted.verdict(on: replayed)
        verdicts[verdict, default: 0] += 1
        let status = replayed.status.map { "\($0)" } ?? "no answer"
        if verdict != .pass { found[wanted.id] = status }
        // The checklist's exception: a well-formed length may be too large instead of malformed.
        #expect(verdict != .fail || replayed.status == 413, "\(wanted.id): \(status)")
      }
      #expect(verdicts[.pass, default: 0] >= 145)
      let refused = replayed.count(where: \.isRefused)
      Corpora.report(
        ProbeCase.corpus, accepted: replayed.count { $0.status.map { $0 < 400 } ?? false }, refused: refused,
        deviations: found.count,
        "of 161 scored \(verdicts[.pass] ?? 0) pass, \(verdicts[.warn] ?? 0) warn, \(verdicts[.fail] ?? 0) fail; "
          + "\(replayed.count { $0.responses.isEmpty }) unfinished")
      Deviations.expect(found, of: ProbeCase.corpus)
    }
  }
}
