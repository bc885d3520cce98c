import StentModel

/// A date of HTTP (RFC 9110 §5.6.7), in seconds since 1970.
package enum FieldDate {
    /// - Parameter now: seconds since 1970, for the century of the two-digit year of an RFC 850 date.
    /// - Returns: `nil` for what has none of the three forms. Case does not count, the day of the week is not checked
    ///   against the date, everything else is.
    package static func parse(_ bytes: Span<UInt8>, _ range: Range<Int>, now: Int64) -> Int64? {
        guard range.upperBound <= bytes.count, (24...33).contains(range.count) else { return nil }
        var reader = DateReader(index: range.lowerBound, end: range.upperBound)
        guard let weekday = reader.weekday(bytes) else { return nil }
        let fields: DateReader.Fields?
        switch weekday {
        case .short where reader.take(bytes, 0x2C): fields = reader.fixed(bytes)
        case .short: fields = reader.asctime(bytes)
        case .long: fields = reader.rfc850(bytes, now: now)
        }
        guard let fields, reader.isAtEnd else { return nil }
        return fields.seconds
    }

    /// Appends the date in the form that is written today, `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// - Parameter seconds: within the years 1 to 9999; others become the nearest of them.
    package static func append(_ seconds: Int64, to output: inout [UInt8]) {
        let clamped = min(max(seconds, -62_135_596_800), 253_402_300_799)
        var (days, rest) = clamped.quotientAndRemainder(dividingBy: 86_400)
        if rest < 0 {
            days -= 1
            rest += 86_400
        }
        let date = CivilDate(daysSince1970: Int(days))
        // 1970-01-01 was a Thursday.
        let weekday = (Int(days % 7) + 11) % 7
        output.append(contentsOf: Self.weekdays[weekday].prefix(3))
        output.append(", ")
        append(twoDigits: date.day, to: &output)
        output.append(0x20)
        output.append(contentsOf: Self.months[date.month - 1])
        output.append(0x20)
        append(twoDigits: date.year / 100, to: &output)
        append(twoDigits: date.year % 100, to: &output)
        for (separator, number) in [(0x20 as UInt8, rest / 3_600), (0x3A, rest / 60 % 60), (0x3A, rest % 60)] {
            output.append(separator)
            append(twoDigits: Int(number), to: &output)
        }
        output.append(" GMT")
    }

    private static func append(twoDigits number: Int, to output: inout [UInt8]) {
        output.append(0x30 + UInt8(truncatingIfNeeded: number / 10 % 10))
        output.append(0x30 + UInt8(truncatingIfNeeded: number % 10))
    }

    fileprivate static let weekdays: [[UInt8]] = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ].map { Array($0.utf8) }
    fileprivate static let months: [[UInt8]] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ].map { Array($0.utf8) }
}

/// A place in a date.
private struct DateReader {
    enum Weekday { case short, long }

    struct Fields {
        var year: Int
        var month: Int
        var day: Int
        var secondOfDay: Int

        /// `nil` for a day that does not exist.
        var seconds: Int64? {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let days =
                switch month {
                case 2: isLeap ? 29 : 28
                case 4, 6, 9, 11: 30
                case _: 31
                }
            guard year >= 1, (1...days).contains(day) else { return nil }
            // After H. Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`, for years from 1 on.
            let shifted = month <= 2 ? year - 1 : year
            let yearOfEra = shifted % 400
            let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
            let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            return Int64(shifted / 400 * 146_097 + dayOfEra - 719_468) * 86_400 + Int64(secondOfDay)
        }
    }

    var index: Int
    let end: Int

    var isAtEnd: Bool { index == end }

    mutating func take(_ bytes: Span<UInt8>, _ byte: UInt8) -> Bool {
        guard index < end, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    mutating func weekday(_ bytes: Span<UInt8>) -> Weekday? {
        for name in FieldDate.weekdays {
            if matches(bytes, name, name.count) {
                index += name.count
                return .long
            }
            if matches(bytes, name, 3) {
                index += 3
                return .short
            }
        }
        return nil
    }

    /// `, 06 Nov 1994 08:49:37 GMT` behind its comma.
    mutating func fixed(_ bytes: Span<UInt8>) -> Fields? {
        guard take(bytes, 0x20), let day = number(bytes, 2), take(bytes, 0x20), let month = month(bytes),
            take(bytes, 0x20), let year = number(bytes, 4), take(bytes, 0x20), let second = time(bytes), zone(bytes)
        else { return nil }
        return Fields(year: year, month: month, day: day, secondOfDay: second)
    }

    /// `, 06-Nov-94 08:49:37 GMT`. More than fifty years ahead is taken to be in the past.
    mutating func rfc850(_ bytes: Span<UInt8>, now: Int64) -> Fields? {
        guard take(bytes, 0x2C), take(bytes, 0x20), let day = number(bytes, 2), take(bytes, 0x2D),
            let month = month(bytes), take(bytes, 0x2D), let short = number(bytes, 2), take(bytes, 0x20),
            let second = time(bytes), zone(bytes)
        else { return nil }
        let days = min(max(now, 0), 253_402_300_799) / 86_400
        let present = CivilDate(daysSince1970: Int(days)).year
        var year = present - present % 100 + short
        if year > present + 50 { year -= 100 }
        if year <= present - 50 { year += 100 }
        return Fields(year: year, month: month, day: day, secondOfDay: second)
    }

    /// ` Nov  6 08:49:37 1994`.
    mutating func asctime(_ bytes: Span<UInt8>) -> Fields? {
        guard take(bytes, 0x20), let month = month(bytes), take(bytes, 0x20) else { return nil }
        guard let day = take(bytes, 0x20) ? number(bytes, 1) : number(bytes, 2), take(bytes, 0x20),
            let second = time(bytes), take(bytes, 0x20), let year = number(bytes, 4)
        else { return nil }
        return Fields(year: year, month: month, day: day, secondOfDay: second)
    }

    private mutating func month(_ bytes: Span<UInt8>) -> Int? {
        for (number, name) in FieldDate.months.enumerated() where matches(bytes, name, 3) {
            index += 3
            return number + 1
        }
        return nil
    }

    /// Seconds of the day; 60 is a leap second.
    private mutating func time(_ bytes: Span<UInt8>) -> Int? {
        guard let hour = number(bytes, 2), hour < 24, take(bytes, 0x3A), let minute = number(bytes, 2), minute < 60,
            take(bytes, 0x3A), let second = number(bytes, 2), second <= 60
        else { return nil }
        return hour * 3_600 + minute * 60 + second
    }

    private mutating func zone(_ bytes: Span<UInt8>) -> Bool {
        guard index + 4 == end, CacheText.equals(bytes, index..<end, " gmt") else { return false }
        index = end
        return true
    }

    private mutating func number(_ bytes: Span<UInt8>, _ width: Int) -> Int? {
        guard end - index >= width else { return nil }
        var number = 0
        for _ in 0..<width {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            number = number * 10 + Int(digit)
            index += 1
        }
        return number
    }

    private func matches(_ bytes: Span<UInt8>, _ name: [UInt8], _ count: Int) -> Bool {
        guard end - index >= count else { return false }
        return CacheText.sameName(bytes, index..<index + count, name.span, 0..<count)
    }
}
