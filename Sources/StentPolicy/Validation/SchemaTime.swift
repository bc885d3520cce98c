/// The formats `date` and `date-time` of JSON Schema (2020-12 validation §7.3.1): RFC 3339 §5.6, and days that exist.
enum SchemaTime {
    /// `full-date`: `2024-02-29`.
    static func isDate(_ text: String) -> Bool {
        var reading = Reading(text)
        return reading.date() != nil && reading.isAtEnd
    }

    /// `date-time`: `2024-02-29T23:59:59.5+01:00`, `T` and `Z` in either case, any number of digits of a second.
    ///
    /// Second 60 only where a leap second can be, in the last minute (UTC) of a month (§5.7).
    static func isDateTime(_ text: String) -> Bool {
        var reading = Reading(text)
        guard let date = reading.date(), reading.skip("T") || reading.skip("t"), let hour = reading.number(2),
            hour < 24,
            reading.skip(":"), let minute = reading.number(2), minute < 60, reading.skip(":"),
            let second = reading.number(2), second <= 60, reading.fraction(), let offset = reading.offset(),
            reading.isAtEnd
        else { return false }
        guard second == 60 else { return true }
        let minutes = hour * 60 + minute - offset  // of the day in UTC, from -1439 to 2878
        let day = minutes < 0 ? date.day - 1 : minutes < 1440 ? date.day : date.day + 1
        return (minutes + 1440) % 1440 == 1439 && (day == 0 || day == days(in: date.month, of: date.year))
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        case _: 31
        }
    }

    private struct Reading {
        private var rest: Substring.UTF8View

        init(_ text: String) { rest = text.utf8[...] }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func date() -> (year: Int, month: Int, day: Int)? {
            guard let year = number(4), skip("-"), let month = number(2), (1...12).contains(month), skip("-"),
                let day = number(2), (1...SchemaTime.days(in: month, of: year)).contains(day)
            else { return nil }
            return (year, month, day)
        }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard let byte = rest.first, UInt32(byte) == character.value else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(_ width: Int) -> Int? {
            var number = 0
            for _ in 0..<width {
                guard let byte = rest.first, byte &- 0x30 < 10 else { return nil }
                rest.removeFirst()
                number = number * 10 + Int(byte &- 0x30)
            }
            return number
        }

        mutating func fraction() -> Bool {
            guard skip(".") else { return true }
            guard number(1) != nil else { return false }
            while number(1) != nil {}
            return true
        }

        /// Minutes east of UTC.
        mutating func offset() -> Int? {
            if skip("Z") || skip("z") { return 0 }
            let isWest = skip("-")
            guard isWest || skip("+"), let hour = number(2), hour < 24, skip(":"), let minute = number(2), minute < 60
            else { return nil }
            return isWest ? -(hour * 60 + minute) : hour * 60 + minute
        }
    }
}
