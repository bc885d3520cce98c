import StentModel

/// Which fields of a response are kept with it, and how a 304 changes them (RFC 9111 §3.1 and §3.2).
///
/// Kept lines stand as `Name: value` CR LF, ready to be sent. Age is not kept: it is worked out at each use; nor is what
/// stent writes itself into every answer.
package enum StoredFields {
    /// For whom fields are put together.
    package enum Purpose: Sendable {
        /// To be kept.
        case store
        /// For the one client whose request brought the 304: cookies are its own.
        case deliver
    }

    /// Appends the lines of a new response that are kept, with a Date where it came without a valid one (RFC 9110 §6.6.1).
    package static func append(_ head: borrowing ResponseHead, receivedAt: WallTime, to output: inout [UInt8]) {
        let now = CacheText.seconds(receivedAt)
        let isDated = ResponseAge.date(head.fields, now: now) != nil
        head.fields.append(to: &output) { line in
            keeps(line, of: head, .store) && (isDated || line.field != .date)
        }
        if !isDated { appendDate(now, to: &output) }
    }

    /// The kept lines as they are after a 304: each of its fields replaces all lines of that name, or is added.
    ///
    /// Not so what describes the content as it is stored: its length, its coding and its range.
    package static func updated(
        _ stored: borrowing FieldSection, by answer: borrowing ResponseHead, receivedAt: WallTime,
        for purpose: Purpose = .store
    ) -> [UInt8] {
        let now = CacheText.seconds(receivedAt)
        let isDated = ResponseAge.date(answer.fields, now: now) != nil
        var output: [UInt8] = []
        output.reserveCapacity(stored.bytes.count + answer.fields.bytes.count)
        let answered = answer.fields.bytes.span
        let kept = stored.bytes.span
        stored.append(to: &output) { line in
            if line.field == .date { return false }
            for other in answer.fields.lines
            where CacheText.sameName(kept, line.name.range, answered, other.name.range)
                && replaces(other, of: answer, purpose)
            {
                return false
            }
            return true
        }
        answer.fields.append(to: &output) { line in
            replaces(line, of: answer, purpose) && (isDated || line.field != .date)
        }
        if !isDated { appendDate(now, to: &output) }
        return output
    }

    /// A section over kept lines, for what reads fields by their names.
    ///
    /// - Parameter lines: as `append` and `updated` write them.
    package static func section(_ lines: [UInt8]) -> FieldSection {
        var section = FieldSection(bytes: lines)
        let span = lines.span
        var start = 0
        while start < span.count {
            var end = start
            while end < span.count, span[end] != 0x0D { end += 1 }
            var colon = start
            while colon < end, span[colon] != 0x3A { colon += 1 }
            if colon > start, colon < end {
                let value = CacheText.trimmed(span, colon + 1..<end)
                section.lines.append(
                    FieldLine(
                        name: Slot(start..<colon), value: Slot(value),
                        field: FieldNameTable.shared.field(span.bytes, from: start, length: colon - start),
                        isCanonical: value.lowerBound == colon + 2 && value.upperBound == end && end + 2 <= span.count))
            }
            start = end + 2
        }
        return section
    }

    /// Whether a kept line is sent with a 304 that answers a client's condition: what describes content is not (RFC 9110
    /// §15.4.5).
    package static func isOfNotModified(_ field: FieldName) -> Bool {
        switch field {
        case .contentEncoding, .contentLength, .contentRange, .contentType: false
        case _: true
        }
    }

    private static func keeps(_ line: FieldLine, of head: borrowing ResponseHead, _ purpose: Purpose) -> Bool {
        if HopByHop.includes(line.field) { return false }
        switch (line.field, purpose) {
        case (.age, _), (.cacheStatus, _), (.contentLength, _), (.xRequestID, _), (.stentOutcome, _),
            (.strictTransportSecurity, _), (.setCookie, .store):
            return false
        case (_, .store), (_, .deliver): return !head.nominatesFields || !HopByHop.isNominated(line, in: head.fields)
        }
    }

    private static func replaces(_ line: FieldLine, of answer: borrowing ResponseHead, _ purpose: Purpose) -> Bool {
        switch line.field {
        case .contentEncoding, .contentRange: false
        case _: keeps(line, of: answer, purpose)
        }
    }

    private static func appendDate(_ seconds: Int64, to output: inout [UInt8]) {
        output.append("Date: ")
        FieldDate.append(seconds, to: &output)
        output.append("\r\n")
    }
}
