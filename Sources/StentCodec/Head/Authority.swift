/// A host with an optional port, as ranges of the buffer it was read from (RFC 3986 §3.2).
///
/// Narrower than the grammar: a registered name holds only `unreserved` bytes, for a sub-delimiter or a percent-encoding
/// occurs in no DNS name and servers disagree on what it means; a port, where there is a colon, has 1 to 5 digits and is
/// at most 65535; no user information; in brackets only an IPv6 address without a zone.
struct Authority {
    /// The host, an IPv6 address with its brackets; never empty.
    var host: Range<Int>
    var port: Int?

    /// `nil` where the range does not hold a valid one.
    init?(_ bytes: RawSpan, _ range: Range<Int>) {
        guard let first = range.first else { return nil }
        var end = first
        if bytes.byte(first) == Byte.openBracket {
            end += 1
            while end < range.upperBound, bytes.byte(end) != Byte.closeBracket { end += 1 }
            guard end < range.upperBound, Self.isIPv6(bytes, first + 1..<end) else { return nil }
            end += 1
        } else {
            while end < range.upperBound, ByteSet.unreserved.contains(bytes.byte(end)) { end += 1 }
        }
        guard end > first else { return nil }
        host = first..<end
        guard end < range.upperBound else { return }
        guard bytes.byte(end) == Byte.colon, range.upperBound - end <= 6,
            let port = bytes.decimal(end + 1..<range.upperBound), port <= 65535
        else { return nil }
        self.port = port
    }

    /// `IPv6address` (RFC 3986 §3.2.2): eight groups of 1 to 4 hexadecimal digits, one run of groups perhaps elided, the
    /// last two perhaps an IPv4 address.
    private static func isIPv6(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        var groups = 0
        var elided = false
        if range.count >= 2, bytes.byte(index) == Byte.colon {
            guard bytes.byte(index + 1) == Byte.colon else { return false }
            elided = true
            index += 2
        }
        while index < range.upperBound {
            let start = index
            while index < range.upperBound, Byte.hexadecimalValue(bytes.byte(index)) != nil { index += 1 }
            if index < range.upperBound, bytes.byte(index) == Byte.dot {
                guard isIPv4(bytes, start..<range.upperBound) else { return false }
                groups += 2
                index = range.upperBound
                break
            }
            guard 1...4 ~= index - start else { return false }
            groups += 1
            guard index < range.upperBound else { break }
            guard bytes.byte(index) == Byte.colon else { return false }
            index += 1
            guard index < range.upperBound else { return false }  // ends in a single colon
            if bytes.byte(index) == Byte.colon {
                guard !elided else { return false }
                elided = true
                index += 1
            }
        }
        return elided ? groups <= 7 : groups == 8
    }

    /// Four decimal numbers up to 255 without leading zeros.
    private static func isIPv4(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        for part in 0..<4 {
            let start = index
            while index < range.upperBound, Byte.isDigit(bytes.byte(index)) { index += 1 }
            guard 1...3 ~= index - start, let value = bytes.decimal(start..<index), value <= 255 else { return false }
            guard index - start == 1 || bytes.byte(start) != Byte.zero else { return false }
            if part < 3 {
                guard index < range.upperBound, bytes.byte(index) == Byte.dot else { return false }
                index += 1
            }
        }
        return index == range.upperBound
    }
}
