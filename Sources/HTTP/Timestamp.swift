/// The time in log lines and JSON: RFC 3339 in UTC with milliseconds, `2026-11-21T12:00:00.123Z`.
package enum Timestamp {
  /// Appends 24 bytes. `milliseconds` counts from 1970; what lies outside 1970 to 9999 becomes the nearest within.
  package static func append(milliseconds: Int64, to output: inout [UInt8]) {
    let clamped = min(max(milliseconds, 0), 253_402_300_799_999)
    let (seconds, fraction) = clamped.quotientAndRemainder(dividingBy: 1000)
    let date = CivilDate(secondsSince1970: seconds)
    output.append(decimal: date.year, width: 4)
    output.append(UInt8(ascii: "-"))
    output.append(decimal: date.month, width: 2)
    output.append(UInt8(ascii: "-"))
    output.append(decimal: date.day, width: 2)
    output.append(UInt8(ascii: "T"))
    output.append(decimal: date.hour, width: 2)
    output.append(UInt8(ascii: ":"))
    output.append(decimal: date.minute, width: 2)
    output.append(UInt8(ascii: ":"))
    output.append(decimal: date.second, width: 2)
    output.append(UInt8(ascii: "."))
    output.append(decimal: Int(fraction), width: 3)
    output.append(UInt8(ascii: "Z"))
  }
}
