/// W3C Trace Context, Level 1, §3.2: `00-<32 hex trace id>-<16 hex parent id>-<2 hex flags>`.
package enum Traceparent {
  /// The trace id, 32 lowercase hex digits; nil when `value` is not valid.
  package static func traceID(in value: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let start = value.startIndex
    // A later version may append fields after a dash; version ff is forbidden, and 00 has exactly this length.
    guard value.count == 55 || (value.count > 55 && value[start + 55] == UInt8(ascii: "-")) else { return nil }
    let version = value[start..<start + 2]
    let trace = value[start + 3..<start + 35]
    let parent = value[start + 36..<start + 52]
    let flags = value[start + 53..<start + 55]
    guard
      [2, 35, 52].allSatisfy({ value[start + $0] == UInt8(ascii: "-") }),
      [version, trace, parent, flags].allSatisfy({ $0.allSatisfy(isLowercaseHex) }),
      !version.elementsEqual("ff".utf8), value.count == 55 || !version.elementsEqual("00".utf8),
      !trace.allSatisfy({ $0 == UInt8(ascii: "0") }), !parent.allSatisfy({ $0 == UInt8(ascii: "0") })
    else { return nil }
    return trace
  }

  private static func isLowercaseHex(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
}
