import HTTP
import Testing

@Suite struct TraceparentTests {
  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let valid = "00-\(trace)-00f067aa0ba902b7-01"

  private static func traceID(_ value: String) -> String? {
    Traceparent.traceID(in: bytes(value)[...]).map { text($0) }
  }

  @Test(arguments: [
    valid, "00-\(trace)-00f067aa0ba902b7-00", "00-\(trace)-00f067aa0ba902b7-ff",
    // A later version may have more behind a dash (§4.3).
    "01-\(trace)-00f067aa0ba902b7-01", "cc-\(trace)-00f067aa0ba902b7-01-what-the-future-brings",
    "fe-\(trace)-00f067aa0ba902b7-01-",
  ])
  func readsTheTraceID(value: String) {
    #expect(Self.traceID(value) == Self.trace)
  }

  @Test(arguments: [
    "", "00", "00-\(trace)", valid + "-", valid + "-more", valid + "0", String(valid.dropLast()),
    "ff-\(trace)-00f067aa0ba902b7-01", "cc-\(trace)-00f067aa0ba902b7-01x", "0-\(trace)0-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-\(trace)-0000000000000000-01",
    valid.uppercased(), "00-\(trace)-00f067aa0ba902bG-01", "00-\(trace)-00f067aa0ba902b7-0g",
    "0g-\(trace)-00f067aa0ba902b7-01", "00_\(trace)-00f067aa0ba902b7-01", "00-\(trace)_00f067aa0ba902b7-01",
    "00-\(trace)-00f067aa0ba902b7_01", " \(valid)", "\(valid) ",
  ])
  func refusesWhatIsNotValid(value: String) {
    #expect(Self.traceID(value) == nil)
  }

  @Test func refusesEveryCut() {
    for count in 0..<Self.valid.utf8.count { #expect(Self.traceID(String(Self.valid.prefix(count))) == nil) }
  }

  @Test func readsASliceWhereverItBegins() {
    let field = bytes("traceparent: \(Self.valid)")
    #expect(Traceparent.traceID(in: field[13...]).map { text($0) } == Self.trace)
  }
}
