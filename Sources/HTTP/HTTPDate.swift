/// The IMF-fixdate of the Date field (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
package enum HTTPDate {
  /// Appends 29 bytes. Correct for 1970 to 9999; what lies outside becomes the nearest second within.
  package static func append(_ secondsSince1970: Int64, to output: inout [UInt8]) {
    let date = CivilDate(secondsSince1970: secondsSince1970)
    output.append(literal: weekday(date.weekday))
    output.append(literal: ", ")
    output.append(decimal: date.day, width: 2)
    output.append(literal: month(date.month))
    output.append(decimal: date.year, width: 4)
    output.append(.space)
    output.append(decimal: date.hour, width: 2)
    output.append(UInt8(ascii: ":"))
    output.append(decimal: date.minute, width: 2)
    output.append(UInt8(ascii: ":"))
    output.append(decimal: date.second, width: 2)
    output.append(literal: " GMT")
  }

  private static func weekday(_ weekday: Int) -> StaticString {
    switch weekday {
    case 0: "Sun"
    case 1: "Mon"
    case 2: "Tue"
    case 3: "Wed"
    case 4: "Thu"
    case 5: "Fri"
    default: "Sat"
    }
  }

  private static func month(_ month: Int) -> StaticString {
    switch month {
    case 1: " Jan "
    case 2: " Feb "
    case 3: " Mar "
    case 4: " Apr "
    case 5: " May "
    case 6: " Jun "
    case 7: " Jul "
    case 8: " Aug "
    case 9: " Sep "
    case 10: " Oct "
    case 11: " Nov "
    default: " Dec "
    }
  }
}
