import StentModel

/// What the answer to a HEAD says of a stored response to a GET (RFC 9111 §4.3.5).
package enum HeadRule {
    package enum Verdict: Sendable, Equatable {
        /// It is the same one: its fields are updated as by a 304.
        case freshen
        /// It is another one: what is stored is not used any more.
        case outdated
        /// Nothing that could be compared.
        case unrelated
    }

    /// - Parameters:
    ///   - answer: to a HEAD that went upstream and fits the same variant.
    ///   - status: of the stored response.
    ///   - length: the stored content's, in bytes.
    package static func decide(
        _ answer: borrowing ResponseHead, _ validators: borrowing CacheValidators, status: Int, length: Int
    ) -> Verdict {
        switch answer.status {
        case 200...299, 404, 410: break
        case _: return .unrelated
        }
        guard answer.status == status else { return .outdated }
        let span = answer.fields.bytes.span
        var same = 0
        if let line = answer.fields.first(.etag) {
            let tag = validators.etag.span
            guard EntityTag.matchesWeakly(span, line.value.range, tag, 0..<tag.count) else { return .outdated }
            same += 1
        }
        if let line = answer.fields.first(.lastModified), let modified = validators.lastModified {
            guard FieldDate.parse(span, line.value.range, now: validators.date) == modified else { return .outdated }
            same += 1
        }
        if let line = answer.fields.first(.contentLength), let told = DeltaLength.parse(span, line.value.range) {
            guard told == length else { return .outdated }
        }
        return same > 0 ? .freshen : .unrelated
    }
}

/// A Content-Length of an answer without content, which the decoder does not keep.
private enum DeltaLength {
    static func parse(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= 18, range.upperBound <= bytes.count else { return nil }
        var number = 0
        for index in range {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            number = number * 10 + Int(digit)
        }
        return number
    }
}
