import Catalog
import HTTP
import HTTPServer
import Testing

@testable import Vitrine

/// What `PUT /faults/{name}` takes, and what it says to the rest.
@Suite struct FaultReadingTests {
  private func reading(_ text: String) throws -> FaultReading {
    let json = try JSONReader.value(of: Array(text.utf8))
    return FaultReading(json, routes: ["/", "/readyz"], loops: 2, seed: 99)
  }

  @Test func everyFieldOfAScopeIsTaken() throws {
    let text = #"""
      {"kind":"delay","milliseconds":300,"jitter":100,"seconds":60.5,"scope":{"route":"/","method":"GET",
      "header":"X-Canary: yes","client":"10.0.0.0/8","percentage":25,"seed":7,"count":10,"period":2.5}}
      """#
    let reading = try reading(text)
    let specification = try #require(reading.specification, "\(reading.mistakes)")
    #expect(specification.kind == .delay && specification.milliseconds == 60_500)
    guard case .requests(let scope, .delay(300, 100), let selection) = specification.target else {
      Issue.record("\(specification.target)")
      return
    }
    #expect(scope.route == "/" && scope.method == .get && scope.header != nil && scope.clients != nil)
    #expect(selection.percentage == 25 && selection.seed == 7 && selection.count == 10)
    #expect(selection.period == 2_500_000_000)
  }

  @Test(arguments: [
    #"{"kind":"delay","milliseconds":1,"seconds":900}"#, #"{"kind":"status","code":503,"seconds":0.001}"#,
    #"{"kind":"status","code":429,"retryAfter":0,"seconds":1}"#, #"{"kind":"body","text":"","seconds":1}"#,
    #"{"kind":"abort","at":"start","seconds":1}"#, #"{"kind":"abort","at":"head","seconds":1}"#,
    #"{"kind":"abort","at":"body","seconds":1,"scope":{}}"#, #"{"kind":"truncate","how":"length","seconds":1}"#,
    #"{"kind":"truncate","how":"chunk","seconds":1}"#, #"{"kind":"throttle","bytesPerSecond":1,"seconds":1}"#,
    #"{"kind":"hang","seconds":1,"scope":{"header":"host","client":"::1"}}"#,
    #"{"kind":"stuck-loop","loop":1,"seconds":1}"#, #"{"kind":"cpu","cores":64,"seconds":1}"#,
    #"{"kind":"memory","mebibytes":1,"seconds":1}"#, #"{"kind":"descriptors","count":1,"seconds":1}"#,
    #"{"kind":"exit","code":0,"seconds":1}"#, #"{"kind":"crash","signal":"SIGSEGV","seconds":1}"#,
  ])
  func everyKindIsTaken(text: String) throws {
    let reading = try reading(text)
    #expect(reading.mistakes == [] && reading.specification != nil)
  }

  @Test func theSeedInForceIsThatGivenOrADrawnOne() throws {
    guard case .requests(_, _, let selection)? = try reading(#"{"kind":"hang","seconds":1}"#).specification?.target
    else {
      Issue.record("no fault")
      return
    }
    #expect(selection.seed == 99 && selection.percentage == 100 && selection.count == nil)
  }

  @Test(arguments: [
    ("[]", [": must be an object, found an array of 0"]),
    (
      "{}",
      [
        "/kind: is missing: must be one of delay, status, body, abort, truncate, throttle, hang, stuck-loop, cpu, memory, descriptors, exit, crash",
        "/seconds: is missing: must be a number from 0.001 to 900 with up to three decimals",
      ]
    ),
    (
      #"{"kind":"dealy","seconds":1}"#,
      [
        "/kind: must be one of delay, status, body, abort, truncate, throttle, hang, stuck-loop, cpu, memory, descriptors, exit, crash, found \"dealy\""
      ]
    ),
    (#"{"kind":"hang"}"#, ["/seconds: is missing: must be a number from 0.001 to 900 with up to three decimals"]),
    (
      #"{"kind":"hang","seconds":900.001}"#,
      [
        "/seconds: must be a number from 0.001 to 900 with up to three decimals, found 900.001"
      ]
    ),
    (
      #"{"kind":"hang","seconds":"60"}"#,
      [
        "/seconds: must be a number from 0.001 to 900 with up to three decimals, found \"60\""
      ]
    ),
    (
      #"{"kind":"hang","seconds":1e2}"#,
      [
        "/seconds: must be a number from 0.001 to 900 with up to three decimals, found 1e2"
      ]
    ),
    (#"{"kind":"hang","seconds":1,"code":500}"#, ["/code: is not a field of the kind hang (kind, seconds, scope)"]),
    (#"{"kind":"delay","seconds":1}"#, ["/milliseconds: is missing: must be a whole number from 1 to 60000"]),
    (
      #"{"kind":"delay","seconds":1,"milliseconds":10,"jitter":11}"#,
      [
        "/jitter: must be a whole number from 0 to 10, found 11"
      ]
    ),
    (
      #"{"kind":"status","seconds":1,"code":199,"retryAfter":-1}"#,
      [
        "/code: must be a whole number from 200 to 599, found 199",
        "/retryAfter: must be a whole number from 0 to 86400, found -1",
      ]
    ),
    (#"{"kind":"abort","seconds":1,"at":"end"}"#, ["/at: must be one of start, head, body, found \"end\""]),
    (#"{"kind":"truncate","seconds":1}"#, ["/how: is missing: must be one of length, chunk"]),
    (
      #"{"kind":"throttle","seconds":1,"bytesPerSecond":0.5}"#,
      [
        "/bytesPerSecond: must be a whole number from 1 to 1000000000, found 0.5"
      ]
    ),
    (#"{"kind":"stuck-loop","seconds":1,"loop":2}"#, ["/loop: must be a whole number from 0 to 1, found 2"]),
    (#"{"kind":"cpu","seconds":1,"cores":65}"#, ["/cores: must be a whole number from 1 to 64, found 65"]),
    (
      #"{"kind":"exit","seconds":1,"code":256,"scope":{}}"#,
      [
        "/code: must be a whole number from 0 to 255, found 256",
        "/scope: is not a field of the kind exit (kind, seconds, code)",
      ]
    ),
    (
      #"{"kind":"crash","seconds":1,"signal":9}"#,
      [
        "/signal: must be one of SIGSEGV, SIGBUS, SIGILL, SIGABRT, found 9"
      ]
    ),
    (#"{"kind":"hang","seconds":1,"scope":[]}"#, ["/scope: must be an object, found an array of 0"]),
    (
      #"{"kind":"hang","seconds":1,"scope":{"route":"/none","method":"get","header":"a b","client":"10.0.0.0/33","percentage":0,"seed":-1,"count":0,"period":0,"paths":1}}"#,
      [
        "/scope/route: must be one of /, /readyz, found \"/none\"",
        "/scope/method: must be one of GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, TRACE, CONNECT, QUERY, found \"get\"",
        "/scope/header: must be a field's name, or a name, a colon and a value, found \"a b\"",
        "/scope/client: must be an address or a network in CIDR notation, found \"10.0.0.0/33\"",
        "/scope/percentage: must be a whole number from 1 to 100, found 0",
        "/scope/seed: must be a whole number from 0 to 9007199254740991, found -1",
        "/scope/count: must be a whole number from 1 to 1000000, found 0",
        "/scope/period: must be a number from 0.002 to 900 with up to three decimals, found 0",
        "/scope/paths: is not a field of a scope (route, method, header, client, percentage, seed, count, period)",
      ]
    ),
  ])
  func everyMistakeIsNamedWithItsPlace(text: String, expected: [String]) throws {
    let reading = try reading(text)
    #expect(reading.specification == nil)
    #expect(reading.mistakes.map { "\($0.pointer): \($0.problem)" }.sorted() == expected.sorted())
  }
}
