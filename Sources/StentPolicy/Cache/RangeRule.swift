import StentModel

/// Answering a Range from a complete stored response (RFC 9110 §14).
package enum RangeRule {
    package enum Verdict: Sendable, Equatable {
        /// 200 with everything: no range was asked for, or none that is understood, or several at once.
        case whole
        /// 206 with these bytes of the content; never empty.
        case part(Range<Int>)
        /// 416.
        case unsatisfiable
    }

    /// - Parameters:
    ///   - status: of the stored response: only of a 200 are there parts.
    ///   - length: the content's, in bytes.
    package static func decide(
        _ request: borrowing RequestHead, _ validators: borrowing CacheValidators, status: Int, length: Int,
        now: WallTime
    ) -> Verdict {
        guard request.method == .get, status == 200, length > 0, let line = request.fields.first(.range),
            request.fields.count(.range) == 1, let range = asked(request.fields, line.value, length: length)
        else { return .whole }
        guard isUnchanged(request.fields, validators, now: now) else { return .whole }
        return range
    }

    /// Appends the value of Content-Range (RFC 9110 §14.4).
    package static func appendContentRange(_ verdict: Verdict, length: Int, to output: inout [UInt8]) {
        output.append("bytes ")
        switch verdict {
        case .part(let range):
            output.append(decimal: range.lowerBound)
            output.append(0x2D)
            output.append(decimal: range.upperBound - 1)
        case .whole, .unsatisfiable: output.append(0x2A)
        }
        output.append(0x2F)
        output.append(decimal: length)
    }

    /// The one range of `bytes=first-last`, `bytes=first-` or `bytes=-suffix`; `nil` for everything else.
    private static func asked(_ fields: borrowing FieldSection, _ value: Slot, length: Int) -> Verdict? {
        let span = fields.bytes.span
        guard value.length > 6, value.upperBound <= span.count,
            CacheText.equals(span, value.lowerBound..<value.lowerBound + 6, "bytes=")
        else { return nil }
        let range = CacheText.trimmed(span, value.lowerBound + 6..<value.upperBound)
        var dash = range.lowerBound
        while dash < range.upperBound, span[dash] != 0x2D { dash += 1 }
        guard dash < range.upperBound else { return nil }
        let last = number(span, dash + 1..<range.upperBound)
        if dash == range.lowerBound {
            guard let suffix = last else { return nil }
            return suffix == 0 ? .unsatisfiable : .part(max(length - suffix, 0)..<length)
        }
        guard let first = number(span, range.lowerBound..<dash) else { return nil }
        if dash + 1 < range.upperBound {
            guard let last, first <= last else { return nil }
            return first < length ? .part(first..<min(last, length - 1) + 1) : .unsatisfiable
        }
        return first < length ? .part(first..<length) : .unsatisfiable
    }

    /// Digits alone; the largest number where it is larger.
    private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return nil }
        var number = 0
        for index in range {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(digit))
            number = overflow || carry ? .max : sum
        }
        return number
    }

    /// Whether If-Range, where there is one, names what is stored (RFC 9110 §13.1.5): a strong tag, or the very date of a
    /// Last-Modified that is strong because Date is a minute later (§8.8.2.2 asks for a second).
    private static func isUnchanged(
        _ fields: borrowing FieldSection, _ validators: borrowing CacheValidators, now: WallTime
    ) -> Bool {
        guard let line = fields.first(.ifRange) else { return true }
        let span = fields.bytes.span
        let tag = validators.etag.span
        if EntityTag.matchesStrongly(span, line.value.range, tag, 0..<tag.count) { return true }
        guard let modified = validators.lastModified,
            let date = FieldDate.parse(span, line.value.range, now: CacheText.seconds(now))
        else { return false }
        return date == modified && modified <= validators.date - 60
    }
}
