import StentModel

/// The date format of HTTP: IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
package enum HTTPDate {
    /// The bytes of every such date.
    package static let byteCount = 29
    /// The last second of the year 9999: a year has four digits.
    private static let lastSecond = 253_402_300_799

    /// Appends the date of a moment, in seconds since 1970 without leap seconds; moments before 1970 and after 9999 are
    /// written as the nearest one in between.
    package static func append(unixSeconds: Int, to output: inout [UInt8]) {
        let seconds = min(max(unixSeconds, 0), lastSecond)
        let days = seconds / 86_400
        let time = seconds % 86_400
        let date = civil(days: days)
        output.append(weekday(days % 7))
        output.append(", ")
        output.append(twoDigits: date.day)
        output.append(Byte.space)
        output.append(month(date.month))
        output.append(Byte.space)
        output.append(twoDigits: date.year / 100)
        output.append(twoDigits: date.year % 100)
        output.append(Byte.space)
        output.append(twoDigits: time / 3600)
        output.append(Byte.colon)
        output.append(twoDigits: time / 60 % 60)
        output.append(Byte.colon)
        output.append(twoDigits: time % 60)
        output.append(" GMT")
    }

    /// The Gregorian date of a day since 1970-01-01. Years are counted from March on, so that the leap day is the last of
    /// its year, in eras of 400 years or 146097 days.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let sinceEraZero = days + 719_468  // 0000-03-01 to 1970-01-01
        let era = sinceEraZero / 146_097
        let dayOfEra = sinceEraZero % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// - Parameter number: days since a Thursday, modulo 7: 1970-01-01 was one.
    private static func weekday(_ number: Int) -> StaticString {
        switch number {
        case 0: "Thu"
        case 1: "Fri"
        case 2: "Sat"
        case 3: "Sun"
        case 4: "Mon"
        case 5: "Tue"
        default: "Wed"
        }
    }

    private static func month(_ number: Int) -> StaticString {
        switch number {
        case 1: "Jan"
        case 2: "Feb"
        case 3: "Mar"
        case 4: "Apr"
        case 5: "May"
        case 6: "Jun"
        case 7: "Jul"
        case 8: "Aug"
        case 9: "Sep"
        case 10: "Oct"
        case 11: "Nov"
        default: "Dec"
        }
    }
}
