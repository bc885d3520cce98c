import StentModel

/// Answering a client's own condition from what is stored (RFC 9111 §4.3.2, RFC 9110 §13).
package enum ConditionRule {
    package enum Verdict: Sendable, Equatable {
        /// The whole response.
        case whole
        /// 304.
        case notModified
    }

    /// - Parameters:
    ///   - status: of the stored response: a condition only counts where the answer would be a good one (RFC 9110 §13.2.1).
    ///   - now: the wall clock, for dates with two-digit years.
    package static func decide(
        _ request: borrowing FieldSection, _ validators: borrowing CacheValidators, status: Int, now: WallTime
    ) -> Verdict {
        guard (200...299).contains(status) else { return .whole }
        var tags = 0
        var dates = 0
        for line in request.lines {
            if line.field == .ifNoneMatch { tags += 1 }
            if line.field == .ifModifiedSince { dates += 1 }
        }
        // RFC 9110 §13.1.3: If-Modified-Since is ignored where there is If-None-Match, and where it is no single date.
        if tags > 0 { return isMatched(request, validators.etag) ? .notModified : .whole }
        guard dates == 1, let line = request.first(.ifModifiedSince),
            let since = FieldDate.parse(request.bytes.span, line.value.range, now: CacheText.seconds(now))
        else { return .whole }
        return (validators.lastModified ?? validators.date) <= since ? .notModified : .whole
    }

    /// Whether a member of If-None-Match is the tag, compared weakly (RFC 9110 §13.1.2), or is `*`.
    private static func isMatched(_ request: borrowing FieldSection, _ etag: [UInt8]) -> Bool {
        let span = request.bytes.span
        let tag = etag.span
        for line in request.lines where line.field == .ifNoneMatch && line.value.upperBound <= span.count {
            var start = line.value.lowerBound
            while start < line.value.upperBound {
                let end = endOfTag(span, start, line.value.upperBound)
                let member = CacheText.trimmed(span, start..<end)
                if member.count == 1, span[member.lowerBound] == 0x2A { return true }
                if !member.isEmpty, !etag.isEmpty, EntityTag.matchesWeakly(span, member, tag, 0..<tag.count) {
                    return true
                }
                start = end + 1
            }
        }
        return false
    }

    /// The comma that ends a list element; one between the quotes of a tag does not, and a backslash is a byte like
    /// others there (RFC 9110 §8.8.3).
    private static func endOfTag(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var isQuoted = false
        for index in start..<end {
            if bytes[index] == 0x22 { isQuoted.toggle() }
            if bytes[index] == 0x2C, !isQuoted { return index }
        }
        return end
    }
}
