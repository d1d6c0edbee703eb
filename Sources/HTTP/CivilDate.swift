/// A moment of UTC in the Gregorian calendar. Leap seconds do not exist, as in Unix time.
struct CivilDate {
  /// 1970...9999.
  let year: Int
  /// 1...12.
  let month: Int
  /// 1...31.
  let day: Int
  /// 0 is Sunday.
  let weekday: Int
  let hour, minute, second: Int

  /// Years above 9999 do not fit the formats: what lies outside 1970...9999 becomes the nearest second within.
  init(secondsSince1970: Int64) {
    let seconds = Int(min(max(secondsSince1970, 0), 253_402_300_799))
    let (days, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
    (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
    weekday = (days + 4) % 7  // 1970-01-01 was a Thursday.

    // Howard Hinnant's civil_from_days: years begin in March, so that the leap day is a year's last, and eras of
    // 400 years all have 146,097 days.
    let shifted = days + 719_468
    let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// The inverse; nil for a day that there is not, or outside 1970...9999.
  static func secondsSince1970(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Int64? {
    guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
    // days_from_civil, with the same years and eras.
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shifted.quotientAndRemainder(dividingBy: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    let seconds = Int64(days * 86_400 + hour * 3600 + minute * 60 + second)
    let date = CivilDate(secondsSince1970: seconds)
    return date.month == month && date.day == day ? seconds : nil
  }
}
