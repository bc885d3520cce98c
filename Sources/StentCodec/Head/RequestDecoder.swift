import StentModel

/// Decodes request heads of HTTP/1.1 and HTTP/1.0 (RFC 9112), strictly: what two servers could read in two ways is refused.
///
/// It looks at each byte once, however the bytes are split, and allocates nothing once the head's arrays have grown.
/// A request is refused at the first byte that makes it wrong, except for what only the whole head tells (Host, framing).
package struct RequestDecoder: Sendable {
    private enum Phase: UInt8 {
        case emptyLines, requestLine, fields
    }

    /// Empty lines before a request line that are skipped (RFC 9112 §2.2 asks for at least one).
    private static let maximumEmptyLines = 2

    private let limits: HeadLimits
    private var phase = Phase.emptyLines
    /// Bytes of the empty lines before the head.
    private var skipped = 0
    private var requestLine = RequestLine()
    private var scanner: FieldScanner
    private var facts = RequestFacts()
    private let table = FieldNameTable.shared

    package init(limits: HeadLimits) {
        self.limits = limits
        scanner = FieldScanner(maximumLines: limits.fields, nameBytes: .requestFieldName)
    }

    /// A byte of a request line was seen, so that a client that goes silent now is answered 408; empty lines don't count.
    package var hasStarted: Bool { phase != .emptyLines }

    /// The request line was read: after an error the head holds it, and no fields, so that a record can name it.
    package var hasRequestLine: Bool { phase == .fields }

    /// Decodes one head that begins at the input's first byte.
    ///
    /// - Parameters:
    ///   - input: the unconsumed bytes; while the answer is `nil`, the same bytes again with more behind them.
    ///   - head: the same one in each of these calls. It is filled, with its own copy of the bytes, when a length is
    ///     returned; until then it holds nothing of use, after an error see `hasRequestLine`.
    /// - Returns: the bytes of the head, empty lines before it included, or `nil` when more are needed. After a length the
    ///   decoder is ready for the next head.
    /// - Throws: a `request.*` reason. The decoder is then of no use until `reset()`, and the connection for no further
    ///   request.
    package mutating func decode(_ input: RawSpan, into head: inout RequestHead) throws(Reason) -> Int? {
        if phase == .emptyLines {
            guard try skipEmptyLines(input) else { return nil }
            head.removeAll()
            phase = .requestLine
        }
        guard input.byteCount > skipped else { return nil }
        let available = input.byteCount - skipped
        let bytes = input.extracting(skipped..<skipped + min(available, limits.bytes))
        do throws(Reason) {
            guard try scan(bytes, into: &head) else {
                guard available <= limits.bytes else {
                    throw phase == .requestLine ? .requestTargetTooLong : .requestHeadTooLarge
                }
                return nil
            }
        } catch {
            head.fields.removeAll()
            if hasRequestLine { head.fields.take(bytes.extracting(0..<requestLine.cursor)) }
            throw error
        }
        let length = scanner.cursor
        head.fields.take(bytes.extracting(0..<length))
        let consumed = skipped + length
        reset()
        return consumed
    }

    /// Forgets what was seen and begins with a new head.
    package mutating func reset() {
        phase = .emptyLines
        skipped = 0
        requestLine = RequestLine()
        facts = RequestFacts()
    }

    /// - Returns: whether a byte of a request line is there.
    private mutating func skipEmptyLines(_ input: RawSpan) throws(Reason) -> Bool {
        while skipped < input.byteCount {
            let byte = input.byte(skipped)
            if byte == Byte.lineFeed { throw .requestBareLineBreak }
            guard byte == Byte.carriageReturn else { return true }
            guard skipped + 1 < input.byteCount else { return false }
            guard input.byte(skipped + 1) == Byte.lineFeed else { throw .requestBareLineBreak }
            guard skipped < 2 * Self.maximumEmptyLines else { throw .requestMalformedLine }
            skipped += 2
        }
        return false
    }

    /// - Returns: whether the head is complete.
    private mutating func scan(_ bytes: RawSpan, into head: inout RequestHead) throws(Reason) -> Bool {
        if phase == .requestLine {
            guard try requestLine.scan(bytes, targetLimit: limits.target, into: &head) else { return false }
            scanner.restart(at: requestLine.cursor)
            phase = .fields
        }
        while true {
            let step: FieldScanner.Step
            do throws(FieldFault) {
                step = try scanner.next(bytes)
            } catch {
                throw error.requestReason
            }
            switch step {
            case .more: return false
            case .line(let line):
                head.fields.lines.append(line)
                try facts.add(line, bytes, in: head.version, table)
            case .end:
                try facts.settle(
                    into: &head, bytes, authority: requestLine.authority, defaultPort: requestLine.defaultPort)
                return true
            }
        }
    }
}
