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

  /// Milliseconds since 1970 of a time as `append` writes it, with any number of digits behind the point or none, of
  /// which three count; nil for anything else, a day that there is not and a leap second too.
  package static func milliseconds(of text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.count <= 64, bytes.last == UInt8(ascii: "Z") else { return nil }
    for (index, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] as [(Int, Unicode.Scalar)]
    where Unicode.Scalar(bytes[index]) != mark { return nil }
    func number(_ range: Range<Int>) -> Int? {
      guard range.upperBound <= bytes.count, bytes[range].allSatisfy(ByteSet.digit.contains) else { return nil }
      return bytes[range].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), hour < 24, minute < 60, second < 60,
      let seconds = CivilDate.secondsSince1970(
        year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    else { return nil }
    guard bytes.count > 20 else { return seconds * 1000 }
    let fraction = bytes[20..<bytes.count - 1]
    guard bytes[19] == UInt8(ascii: "."), !fraction.isEmpty, fraction.allSatisfy(ByteSet.digit.contains) else {
      return nil
    }
    let digits = (fraction.map { Int64($0 - UInt8(ascii: "0")) } + [0, 0]).prefix(3)
    return seconds * 1000 + digits.reduce(0) { $0 * 10 + $1 }
  }
}
