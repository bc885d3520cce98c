import StentAudit
import StentModel

/// Points in time as people and files write them.
package enum TrailTime {
    /// Reads what a command line says.
    ///
    /// - Parameters:
    ///   - text: RFC 3339 §5.6, where the zone may be left out and is UTC then; its date alone, or date and minutes; or how
    ///     long ago: `90s`, `15m`, `2h`, `7d`, `4w`.
    ///   - now: what lengths of time count back from.
    /// - Returns: `nil` for anything else.
    package static func parse(_ text: String, now: WallTime) -> WallTime? {
        if let ago = length(text) {
            let (time, overflow) = now.nanoseconds.subtractingReportingOverflow(ago)
            return overflow ? nil : WallTime(nanoseconds: time)
        }
        return stamp(text)
    }

    /// What lines of the trail begin with: 27 characters in UTC that sort as the times do.
    package static func text(_ time: WallTime) -> String {
        var bytes: [UInt8] = []
        bytes.append(addingCapacity: 27) { (output: inout OutputSpan<UInt8>) in Timestamp.append(time, to: &output) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func length(_ text: String) -> Int64? {
        let digits = text.utf8.dropLast()
        guard let unit = text.utf8.last, !digits.isEmpty, digits.count <= 9,
            digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let count = Int64(String(text.dropLast()))
        else { return nil }
        let seconds: Int64
        switch unit {
        case UInt8(ascii: "s"): seconds = 1
        case UInt8(ascii: "m"): seconds = 60
        case UInt8(ascii: "h"): seconds = 3_600
        case UInt8(ascii: "d"): seconds = 86_400
        case UInt8(ascii: "w"): seconds = 604_800
        default: return nil
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: seconds * 1_000_000_000)
        return overflow ? nil : product
    }

    /// Reads `2026-03-01`, `2026-03-01T09:30`, `2026-03-01T09:30:00.123456Z`, `2026-03-01 09:30:00+01:00`.
    package static func stamp(_ text: some StringProtocol) -> WallTime? {
        var scan = Digits(Array(text.utf8))
        guard let year = scan.number(4), scan.take("-"), let month = scan.number(2), scan.take("-"),
            let day = scan.number(2)
        else { return nil }
        var clock = Clock()
        if !scan.isAtEnd {
            guard scan.take("T") || scan.take("t") || scan.take(" "), scan.clock(&clock, separator: ":") else {
                return nil
            }
        }
        guard scan.isAtEnd else { return nil }
        return time(year, month, day, clock)
    }

    /// Reads `20260301T093000.123Z`, as it stands in the names of segments.
    package static func compact(_ text: some StringProtocol) -> WallTime? {
        var scan = Digits(Array(text.utf8))
        var clock = Clock()
        guard let year = scan.number(4), let month = scan.number(2), let day = scan.number(2), scan.take("T"),
            scan.clock(&clock, separator: nil), clock.hasZone, scan.isAtEnd
        else { return nil }
        return time(year, month, day, clock)
    }

    fileprivate struct Clock {
        var hour = 0
        var minute = 0
        var second = 0
        var nanosecond = 0
        /// Minutes that the text's clock is ahead of UTC.
        var offset = 0
        var hasZone = false
    }

    private static func time(_ year: Int, _ month: Int, _ day: Int, _ clock: Clock) -> WallTime? {
        // Beyond these years nanoseconds don't fit 64 bits.
        guard (1678...2261).contains(year), (1...12).contains(month), day >= 1, clock.hour < 24, clock.minute < 60,
            clock.second <= 60
        else { return nil }
        let days = daysSince1970(year, month, day)
        let date = CivilDate(daysSince1970: days)
        guard date.month == month, date.day == day else { return nil }
        let seconds = days * 86_400 + clock.hour * 3_600 + (clock.minute - clock.offset) * 60 + clock.second
        return WallTime(nanoseconds: Int64(seconds) * 1_000_000_000 + Int64(clock.nanosecond))
    }

    /// The reverse of `CivilDate(daysSince1970:)`: years begin on 1 March, so that the leap day is the last of its year.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// A text of digits and signs, read from the left.
private struct Digits {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { position == text.count }

    mutating func take(_ sign: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: sign) else { return false }
        position += 1
        return true
    }

    mutating func number(_ length: Int) -> Int? {
        guard text.count - position >= length else { return nil }
        var value = 0
        for _ in 0..<length {
            let digit = text[position] &- 0x30
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
            position += 1
        }
        return value
    }

    mutating func clock(_ clock: inout TrailTime.Clock, separator: Unicode.Scalar?) -> Bool {
        guard let hour = number(2), separator.map({ take($0) }) ?? true, let minute = number(2) else { return false }
        clock.hour = hour
        clock.minute = minute
        if separator.map({ take($0) }) ?? true {
            guard let second = number(2) else { return false }
            clock.second = second
            if take(".") { guard fraction(&clock.nanosecond) else { return false } }
        }
        return zone(&clock)
    }

    private mutating func fraction(_ nanoseconds: inout Int) -> Bool {
        var scale = 100_000_000
        let start = position
        while position < text.count, text[position] &- 0x30 < 10 {
            nanoseconds += Int(text[position] - 0x30) * scale
            scale /= 10
            position += 1
        }
        return position > start
    }

    private mutating func zone(_ clock: inout TrailTime.Clock) -> Bool {
        if isAtEnd { return true }
        clock.hasZone = true
        if take("Z") || take("z") { return true }
        let isAhead = take("+")
        guard isAhead || take("-"), let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return false }
        clock.offset = (hours * 60 + minutes) * (isAhead ? 1 : -1)
        return true
    }
}
