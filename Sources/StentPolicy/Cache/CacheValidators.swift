import StentModel

/// By what a stored response is told from another one of the same resource (RFC 9110 §8.8).
package struct CacheValidators: Sendable, Equatable {
    /// The ETag as it was received; empty where there is none.
    package var etag: [UInt8] = []
    /// Last-Modified as it was received; empty where there is none, or where it is no date.
    package var lastModifiedText: [UInt8] = []
    /// Last-Modified in seconds since 1970.
    package var lastModified: Int64?
    /// Date in seconds since 1970; the time of receipt where it is none.
    package var date: Int64

    package init(_ fields: borrowing FieldSection, receivedAt: WallTime) {
        let now = CacheText.seconds(receivedAt)
        date = ResponseAge.date(fields, now: now) ?? now
        if let line = fields.first(.etag), line.value.upperBound <= fields.bytes.count {
            etag = Array(fields.bytes[line.value.range])
        }
        guard let line = fields.first(.lastModified) else { return }
        lastModified = FieldDate.parse(fields.bytes.span, line.value.range, now: now)
        if lastModified != nil { lastModifiedText = Array(fields.bytes[line.value.range]) }
    }

    /// Of several variants that fit a request the one with the later Date is used (RFC 9111 §4.1).
    package func isNewer(than other: CacheValidators) -> Bool { date > other.date }
}

/// Comparing entity tags (RFC 9110 §8.8.3.2).
enum EntityTag {
    /// Whether they are equivalent, one or both being weak or not.
    static func matchesWeakly(
        _ left: Span<UInt8>, _ leftRange: Range<Int>, _ right: Span<UInt8>, _ rightRange: Range<Int>
    ) -> Bool {
        CacheText.same(left, opaque(left, leftRange), right, opaque(right, rightRange))
    }

    /// Whether they are equivalent, and both strong.
    static func matchesStrongly(
        _ left: Span<UInt8>, _ leftRange: Range<Int>, _ right: Span<UInt8>, _ rightRange: Range<Int>
    ) -> Bool {
        guard isStrong(left, leftRange), isStrong(right, rightRange) else { return false }
        return CacheText.same(left, leftRange, right, rightRange)
    }

    static func isStrong(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        range.count >= 2 && range.upperBound <= bytes.count && bytes[range.lowerBound] == 0x22
    }

    /// The tag without `W/`.
    private static func opaque(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        guard range.count >= 2, range.upperBound <= bytes.count, bytes[range.lowerBound] == 0x57,
            bytes[range.lowerBound + 1] == 0x2F
        else { return range }
        return range.lowerBound + 2..<range.upperBound
    }
}
