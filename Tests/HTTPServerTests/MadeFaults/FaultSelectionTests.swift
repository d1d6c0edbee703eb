import HTTP
import Networking
import Testing

@testable import HTTPServer

/// Which requests a fault takes, without a socket and without a clock.
@Suite struct FaultSelectionTests {
  private func choices(_ selection: FaultSelection, of count: Int) -> [Bool] {
    var selection = selection
    return (0..<count).map { _ in selection.takeNext(after: 0) != nil }
  }

  private func selection(seed: UInt64 = 7, _ change: (inout FaultSelection) -> Void = { _ in }) -> FaultSelection {
    var selection = FaultSelection(seed: seed)
    change(&selection)
    return selection
  }

  @Test func takesAllUnlessToldOtherwise() {
    #expect(choices(selection(), of: 1000).allSatisfy { $0 })
  }

  @Test func theSameSeedMakesTheSameChoicesAndAnotherOneOthers() {
    let quarter = choices(selection { $0.percentage = 25 }, of: 1000)
    #expect(choices(selection { $0.percentage = 25 }, of: 1000) == quarter)
    #expect(choices(selection(seed: 8) { $0.percentage = 25 }, of: 1000) != quarter)
    #expect((200...300).contains(quarter.count { $0 }))
  }

  @Test(arguments: [(1, 5...25), (50, 450...550), (99, 975...998)])
  func thePercentageIsKept(percentage: Int, taken: ClosedRange<Int>) {
    for seed in 0..<20 as Range<UInt64> {
      let choices = choices(selection(seed: seed) { $0.percentage = percentage }, of: 10_000)
      #expect((taken.lowerBound * 8...taken.upperBound * 12).contains(choices.count { $0 }))
    }
  }

  @Test func endsWithItsCount() {
    var limited = selection { $0.count = 3 }
    #expect(choices(limited, of: 6) == [true, true, true, false, false, false])
    for _ in 0..<2 { _ = limited.takeNext(after: 0) }
    #expect(!limited.isExhausted && limited.taken == 2)
    _ = limited.takeNext(after: 0)
    #expect(limited.isExhausted && limited.takeNext(after: 0) == nil)
  }

  @Test func flapsWithItsPeriod() {
    var flapping = selection { $0.period = 10 }
    let taken = (0..<25).map { flapping.takeNext(after: $0) != nil }
    #expect(taken == (0..<25).map { $0 % 10 < 5 })
  }

  /// What is spared by the period is not counted among those that are chosen from.
  @Test func theCountIsOfWhatWasTaken() {
    var selection = selection {
      $0.period = 10
      $0.count = 2
    }
    let taken = [5, 0, 9, 4, 3].map { selection.takeNext(after: $0) != nil }
    #expect(taken == [false, true, false, true, false])
  }

  @Test func theDelayVariesWithinItsJitterAndWithTheSeed() {
    func delays(seed: UInt64) -> [Int64] {
      let fault = RequestFault(
        name: "f", scope: FaultScope(), effect: .delay(milliseconds: 300, jitter: 100),
        selection: FaultSelection(seed: seed), from: 0, to: 10
      ) { _ in }
      let faults = RequestFaults()
      faults.set([fault])
      return (0..<500).compactMap { _ in
        faults.injection(into: Request(), at: nil, from: IPAddress(v4: 1), now: 5)?.delay
      }
    }
    let delays1 = delays(seed: 1)
    #expect(delays1 == delays(seed: 1) && delays1 != delays(seed: 2) && delays1.count == 500)
    #expect(delays1.allSatisfy { (200_000_000...400_000_000).contains($0) })
    #expect(delays1.contains { $0 < 220_000_000 } && delays1.contains { $0 > 380_000_000 })
  }

  @Test func theFirstFaultThatTakesARequestHasIt() {
    func fault(_ name: String, count: Int?, to end: Int64 = 10) -> RequestFault {
      var selection = FaultSelection(seed: 1)
      selection.count = count
      return RequestFault(
        name: name, scope: FaultScope(), effect: .delivery(.withheld), selection: selection, from: 0, to: end
      ) { _ in }
    }
    let faults = RequestFaults()
    #expect(!faults.areInForce)
    let last = fault("c", count: nil)
    faults.set([fault("a", count: 1), fault("b", count: 2), last])
    #expect(faults.areInForce)
    func names(at now: Int64) -> [String?] {
      (0..<5).map { _ in faults.injection(into: Request(), at: nil, from: IPAddress(v4: 1), now: now)?.fault.name }
    }
    #expect(names(at: 5) == ["a", "b", "b", "c", "c"])
    #expect(names(at: 10) == [nil, nil, nil, nil, nil])
    last.stop()
    #expect(names(at: 5) == [nil, nil, nil, nil, nil])
  }
}

/// Which requests are in a fault's scope.
@Suite struct FaultScopeTests {
  private let client = IPAddress(v4: 0x0A00_0001)
  private let service = Route("/api/products/{id}", [.get: .immediate { _ in Response(.ok) }])
  private let probe = Route("/readyz", purpose: .probe, [.get: .immediate { _ in Response(.ok) }])
  private let control = Route("/faults", purpose: .control, [.get: .immediate { _ in Response(.ok) }])

  private func request(_ lines: String = "", method: String = "GET") throws -> Request {
    var request = Request()
    let input = [UInt8]("\(method) / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n".utf8)
    _ = try RequestParser(limits: .init()).parse(input.span, into: &request)
    return request
  }

  @Test func whatIsNotSaidIsNotLookedAtButProbesAndOperatorsAreSpared() throws {
    let scope = FaultScope()
    let request = try request()
    #expect(scope.contains(request, at: service, from: client) && scope.contains(request, at: nil, from: client))
    #expect(!scope.contains(request, at: probe, from: client))
    #expect(!scope.contains(request, at: control, from: client))
  }

  @Test func aRouteIsNamedByItsTemplate() throws {
    var scope = FaultScope()
    scope.route = "/api/products/{id}"
    let request = try request()
    #expect(scope.contains(request, at: service, from: client))
    #expect(!scope.contains(request, at: probe, from: client) && !scope.contains(request, at: nil, from: client))
    scope.route = "/readyz"
    #expect(scope.contains(request, at: probe, from: client) && !scope.contains(request, at: service, from: client))
    // Who makes faults must be able to end them.
    scope.route = "/faults"
    #expect(!scope.contains(request, at: control, from: client))
  }

  @Test func theMethodMustBeThatOfTheScope() throws {
    var scope = FaultScope()
    scope.method = .delete
    #expect(try scope.contains(request(method: "DELETE"), at: service, from: client))
    #expect(try !scope.contains(request(), at: service, from: client))
  }

  @Test(arguments: [
    ("X-Canary: yes\r\n", "X-Canary", nil as String?, true), ("x-canary: no\r\n", "X-Canary", nil, true),
    ("X-CANARY: yes\r\n", "x-canary", "yes", true), ("X-Canary: yes\r\n", "X-Canary", "no", false),
    ("X-Canary: Yes\r\n", "X-Canary", "yes", false), ("X-Canaryy: yes\r\n", "X-Canary", nil, false),
    ("", "X-Canary", nil, false), ("X-Canary: no\r\nX-Canary: yes\r\n", "X-Canary", "yes", true),
    ("", "Host", "a", true), ("X_Canary: yes\r\n", "X-Canary", nil, false),
  ])
  func aFieldIsFoundWhateverItsCase(lines: String, name: String, value: String?, isIn: Bool) throws {
    var scope = FaultScope()
    scope.header = FaultScope.Header(name: name, value: value)
    #expect(try scope.contains(request(lines), at: service, from: client) == isIn)
  }

  @Test func theClientMustBeInTheNetwork() throws {
    var scope = FaultScope()
    scope.clients = IPNetwork("10.0.0.0/8")
    let request = try request()
    #expect(scope.contains(request, at: service, from: client))
    #expect(!scope.contains(request, at: service, from: IPAddress(v4: 0x7F00_0001)))
  }

  @Test func allOfItMustHold() throws {
    var scope = FaultScope()
    scope.method = .get
    scope.route = "/api/products/{id}"
    scope.header = FaultScope.Header(name: "a", value: nil)
    scope.clients = IPNetwork("10.0.0.1")
    #expect(try scope.contains(request("A: 1\r\n"), at: service, from: client))
    #expect(try !scope.contains(request("A: 1\r\n"), at: probe, from: client))
    #expect(try !scope.contains(request("B: 1\r\n"), at: service, from: client))
    #expect(try !scope.contains(request("A: 1\r\n", method: "PUT"), at: service, from: client))
    #expect(try !scope.contains(request("A: 1\r\n"), at: service, from: IPAddress(v4: 2)))
  }
}
