import StentModel

/// A time as an upstream writes it (RFC 3339 §5.6): `2026-03-01T09:30:00.123Z`.
///
/// What it stands for began at `time` and is shorter than `resolution`: digits that were not written were cut off.
package struct OriginTime: Sendable, Equatable {
    package var time: WallTime
    package var resolution: TimeSpan

    /// - Parameter text: any offset, `T` or a space between date and time, any number of digits of a second. The years
    ///   are those that nanoseconds in 64 bits reach, 1678 to 2261.
    package init?(_ text: String) {
        guard (20...64).contains(text.utf8.count) else { return nil }
        var text = Digits(text)
        guard let year = text.number(4), (1678...2261).contains(year), text.skip("-"), let month = text.number(2),
            (1...12).contains(month), text.skip("-"), let day = text.number(2),
            (1...Self.days(in: month, of: year)).contains(day), text.skip("T") || text.skip("t") || text.skip(" "),
            let hour = text.number(2), hour < 24, text.skip(":"), let minute = text.number(2), minute < 60,
            text.skip(":"), let second = text.number(2), second <= 60,  // 60 is a leap second
            let (fraction, resolution) = text.fraction(), let offset = text.offset(), text.isAtEnd
        else { return nil }
        let seconds =
            Self.daysSince1970(year, month, day) * 86_400 + Int64(hour * 3600 + minute * 60 + second) - offset * 60
        time = WallTime(nanoseconds: seconds * 1_000_000_000 + fraction)
        self.resolution = TimeSpan(nanoseconds: resolution)
    }

    /// Whether `text` is a date that exists, and nothing else: `2019-03-04`.
    static func isDate(_ text: some StringProtocol) -> Bool {
        guard text.utf8.count == 10 else { return false }
        var text = Digits(String(text))
        guard let year = text.number(4), text.skip("-"), let month = text.number(2), (1...12).contains(month),
            text.skip("-"), let day = text.number(2)
        else { return false }
        return (1...days(in: month, of: year)).contains(day)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        case _: 31
        }
    }

    /// After H. Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`, for years from 1 on.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468)
    }
}

/// Reads numbers of fixed width from the start of a text.
private struct Digits {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }

    mutating func number(_ width: Int) -> Int? {
        guard bytes.count - position >= width else { return nil }
        var number = 0
        for _ in 0..<width {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// Nanoseconds, and the nanoseconds that its last digit stands for; digits beyond the ninth are dropped.
    mutating func fraction() -> (Int64, Int64)? {
        guard skip(".") else { return (0, 1_000_000_000) }
        var fraction: Int64 = 0
        var unit: Int64 = 1_000_000_000
        var count = 0
        while let digit = digit() {
            count += 1
            guard unit > 1 else { continue }
            unit /= 10
            fraction += Int64(digit) * unit
        }
        return count > 0 ? (fraction, unit) : nil
    }

    /// Minutes east of UTC.
    mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let isWest = skip("-")
        guard isWest || skip("+"), let hours = number(2), hours < 24, skip(":"), let minutes = number(2), minutes < 60
        else { return nil }
        return Int64(isWest ? -(hours * 60 + minutes) : hours * 60 + minutes)
    }

    private mutating func digit() -> Int? {
        guard position < bytes.count, bytes[position] &- 0x30 < 10 else { return nil }
        position += 1
        return Int(bytes[position - 1] &- 0x30)
    }
}
