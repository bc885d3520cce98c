import StentModel

/// Comparing and walking bytes of a head, for the rules of the cache.
enum CacheText {
    @inline(__always)
    static func lowercase(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// The range without white space at its ends.
    static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, isSpace(bytes[lower]) { lower += 1 }
        while upper > lower, isSpace(bytes[upper - 1]) { upper -= 1 }
        return lower..<upper
    }

    /// Whether the bytes are this text, ASCII letters compared without case.
    ///
    /// - Parameter lowercase: ASCII without capital letters.
    static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount, range.upperBound <= bytes.count else { return false }
        return lowercase.withUTF8Buffer { expected in
            for index in expected.indices
            where Self.lowercase(bytes[range.lowerBound + index]) != expected[index] { return false }
            return true
        }
    }

    /// Whether two names are the same, ASCII letters compared without case.
    static func sameName(_ left: Span<UInt8>, _ leftRange: Range<Int>, _ right: Span<UInt8>, _ rightRange: Range<Int>)
        -> Bool
    {
        guard leftRange.count == rightRange.count, leftRange.upperBound <= left.count,
            rightRange.upperBound <= right.count
        else { return false }
        for offset in 0..<leftRange.count
        where lowercase(left[leftRange.lowerBound + offset]) != lowercase(right[rightRange.lowerBound + offset]) {
            return false
        }
        return true
    }

    /// Whether two runs of bytes are the same.
    static func same(_ left: Span<UInt8>, _ leftRange: Range<Int>, _ right: Span<UInt8>, _ rightRange: Range<Int>)
        -> Bool
    {
        guard leftRange.count == rightRange.count, leftRange.upperBound <= left.count,
            rightRange.upperBound <= right.count
        else { return false }
        for offset in 0..<leftRange.count
        where left[leftRange.lowerBound + offset] != right[rightRange.lowerBound + offset] { return false }
        return true
    }

    /// The end of the quoted string that begins at `start` (RFC 9110 §5.6.4): the place behind its closing quote, or
    /// `nil` where it has none.
    static func endOfQuoted(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int? {
        var index = start + 1
        while index < end {
            switch bytes[index] {
            case 0x22: return index + 1
            case 0x5C: index += 2
            case _: index += 1
            }
        }
        return nil
    }

    /// Whole seconds of a wall clock, rounded down.
    static func seconds(_ time: WallTime) -> Int64 {
        let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
