import HTTP
import Testing

@Suite struct DateTests {
  @Test(
    arguments: [
      (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),  // RFC 9110 §5.6.7
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
      (68_169_599, "Mon, 28 Feb 1972 23:59:59 GMT"),
      (68_169_600, "Tue, 29 Feb 1972 00:00:00 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
      (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
      (978_307_199, "Sun, 31 Dec 2000 23:59:59 GMT"),
      (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"),
      (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
      (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
      (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] as [(Int64, String)])
  func rendersAnHTTPDate(seconds: Int64, date: String) {
    var output: [UInt8] = []
    HTTPDate.append(seconds, to: &output)
    #expect(text(output) == date)
  }

  @Test func staysWithinFourDigitYears() {
    var output: [UInt8] = []
    HTTPDate.append(.min, to: &output)
    HTTPDate.append(.max, to: &output)
    Timestamp.append(milliseconds: .min, to: &output)
    Timestamp.append(milliseconds: .max, to: &output)
    #expect(
      text(output) == "Thu, 01 Jan 1970 00:00:00 GMTFri, 31 Dec 9999 23:59:59 GMT"
        + "1970-01-01T00:00:00.000Z9999-12-31T23:59:59.999Z")
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (784_111_777_050, "1994-11-06T08:49:37.050Z"),
      (951_868_799_999, "2000-02-29T23:59:59.999Z"), (1_795_262_400_123, "2026-11-21T12:00:00.123Z"),
    ] as [(Int64, String)])
  func rendersATimestamp(milliseconds: Int64, timestamp: String) {
    var output: [UInt8] = []
    Timestamp.append(milliseconds: milliseconds, to: &output)
    #expect(text(output) == timestamp)
  }

  @Test func everyDayFollowsTheOneBefore() {
    var previous: [UInt8] = []
    for day in Int64(0)..<100_000 {
      var output: [UInt8] = []
      Timestamp.append(milliseconds: day * 86_400_000, to: &output)
      if !previous.lexicographicallyPrecedes(output) { Issue.record("day \(day): \(text(output))") }
      previous = output
    }
    #expect(text(previous) == "2243-10-16T00:00:00.000Z")
  }
}
