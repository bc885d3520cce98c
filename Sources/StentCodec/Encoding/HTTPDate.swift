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
        let date = CivilDate(daysSince1970: days)
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
