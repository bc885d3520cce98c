import StentModel

/// A point in time as RFC 3339 §5.6 text in UTC.
package enum Timestamp {
    /// Appends 27 characters, to the microsecond: `2026-03-01T09:30:00.123456Z`.
    package static func append(_ time: WallTime, to output: inout OutputSpan<UInt8>) {
        let (seconds, nanoseconds) = time.nanoseconds.floored(by: 1_000_000_000)
        let (days, second) = seconds.floored(by: 86_400)
        let date = CivilDate(daysSince1970: Int(days))
        output.append(pair: UInt(date.year / 100))
        output.append(pair: UInt(date.year))
        output.append(0x2D)
        output.append(pair: UInt(date.month))
        output.append(0x2D)
        output.append(pair: UInt(date.day))
        output.append(0x54)
        appendClock(of: UInt(second), separator: 0x3A, to: &output)
        output.append(0x2E)
        output.append(triple: UInt(nanoseconds / 1_000_000))
        output.append(triple: UInt(nanoseconds / 1_000 % 1_000))
        output.append(0x5A)
    }

    /// Appends the form for file names, to the millisecond: `20260301T093000.123Z`.
    package static func appendCompact(_ time: WallTime, to output: inout OutputSpan<UInt8>) {
        let (seconds, nanoseconds) = time.nanoseconds.floored(by: 1_000_000_000)
        let (days, second) = seconds.floored(by: 86_400)
        let date = CivilDate(daysSince1970: Int(days))
        output.append(pair: UInt(date.year / 100))
        output.append(pair: UInt(date.year))
        output.append(pair: UInt(date.month))
        output.append(pair: UInt(date.day))
        output.append(0x54)
        appendClock(of: UInt(second), separator: nil, to: &output)
        output.append(0x2E)
        output.append(triple: UInt(nanoseconds / 1_000_000))
        output.append(0x5A)
    }

    private static func appendClock(of second: UInt, separator: UInt8?, to output: inout OutputSpan<UInt8>) {
        output.append(pair: second / 3_600)
        if let separator { output.append(separator) }
        output.append(pair: second / 60 % 60)
        if let separator { output.append(separator) }
        output.append(pair: second % 60)
    }
}

extension Int64 {
    /// Quotient and remainder, the remainder never negative: a clock before 1970 still gives a date.
    fileprivate func floored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
