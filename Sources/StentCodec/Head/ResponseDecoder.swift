import StentModel

/// Decodes response heads of HTTP/1.1 and HTTP/1.0 (RFC 9112), strictly: a malformed answer is a failed attempt.
///
/// It looks at each byte once, however the bytes are split, and allocates nothing once the head's arrays have grown.
package struct ResponseDecoder: Sendable {
    private let limits: HeadLimits
    private var isInFields = false
    private var statusLine = StatusLine()
    private var scanner: FieldScanner
    private var facts = ResponseFacts()
    private let table = FieldNameTable.shared

    package init(limits: HeadLimits) {
        self.limits = limits
        scanner = FieldScanner(maximumLines: limits.fields, nameBytes: .token)
    }

    /// Decodes one head, an informational one (1xx) too, that begins at the input's first byte.
    ///
    /// - Parameters:
    ///   - input: the unconsumed bytes; while the answer is `nil`, the same bytes again with more behind them.
    ///   - method: that of the request that is answered; it decides on the framing.
    ///   - head: the same one in each of these calls. It is filled, with its own copy of the bytes, when a length is
    ///     returned; until then and after an error it holds nothing of use.
    /// - Returns: the bytes of the head, or `nil` when more are needed. After a length the decoder is ready for the next.
    /// - Throws: an `upstream.*` reason. The decoder is then of no use until `reset()`, and the connection of none.
    package mutating func decode(
        _ input: RawSpan, toRequestMethod method: Method, into head: inout ResponseHead
    ) throws(Reason) -> Int? {
        guard input.byteCount > 0 else { return nil }
        if statusLine.cursor == 0 { head.removeAll() }
        let bytes = input.extracting(0..<min(input.byteCount, limits.bytes))
        guard try scan(bytes, method, into: &head) else {
            guard input.byteCount <= limits.bytes else { throw .upstreamHeadTooLarge }
            return nil
        }
        let length = scanner.cursor
        head.fields.take(bytes.extracting(0..<length))
        reset()
        return length
    }

    /// Forgets what was seen and begins with a new head.
    package mutating func reset() {
        isInFields = false
        statusLine = StatusLine()
        facts = ResponseFacts()
    }

    /// - Returns: whether the head is complete.
    private mutating func scan(
        _ bytes: RawSpan, _ method: Method, into head: inout ResponseHead
    ) throws(Reason) -> Bool {
        if !isInFields {
            guard try statusLine.scan(bytes, into: &head) else { return false }
            scanner.restart(at: statusLine.cursor)
            isInFields = true
        }
        while true {
            let step: FieldScanner.Step
            do throws(FieldFault) {
                step = try scanner.next(bytes)
            } catch {
                throw error.responseReason
            }
            switch step {
            case .more: return false
            case .line(let line):
                head.fields.lines.append(line)
                try facts.add(line, bytes, table)
            case .end:
                try facts.settle(into: &head, method)
                return true
            }
        }
    }
}
