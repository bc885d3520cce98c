import StentModel

/// Reads a status line (RFC 9112 §4) and goes on where it stopped.
///
/// The space behind the status may be missing where the phrase is empty, though the grammar asks for it: many servers
/// leave it out, and nothing can be mistaken for it.
struct StatusLine: Sendable {
    /// All bytes before were examined.
    private(set) var cursor = 0
    private var isInPhrase = false

    /// - Parameter bytes: the head from its first byte on; at least as much of it as in the call before.
    /// - Returns: whether the line is complete; `cursor` then stands behind it.
    mutating func scan(_ bytes: RawSpan, into head: inout ResponseHead) throws(Reason) -> Bool {
        if !isInPhrase {
            guard try scanNumbers(bytes, into: &head) else { return false }
            isInPhrase = true
        }
        let end = bytes.firstNotFieldContent(from: cursor, to: bytes.byteCount)
        cursor = end
        guard end < bytes.byteCount else { return false }
        guard bytes.byte(end) == Byte.carriageReturn else { throw .upstreamMalformedStatusLine }
        guard end + 1 < bytes.byteCount else { return false }
        guard bytes.byte(end + 1) == Byte.lineFeed else { throw .upstreamMalformedStatusLine }
        head.phrase = Slot(min(13, end)..<end)
        cursor = end + 2
        return true
    }

    /// `HTTP/1.x SP 3DIGIT` and the space, or the CR that stands in its place.
    private mutating func scanNumbers(_ bytes: RawSpan, into head: inout ResponseHead) throws(Reason) -> Bool {
        while cursor < bytes.byteCount {
            let byte = bytes.byte(cursor)
            let isAsExpected =
                switch cursor {
                case 0: byte == 0x48
                case 1, 2: byte == 0x54
                case 3: byte == 0x50
                case 4: byte == Byte.slash
                case 5: byte == Byte.zero + 1
                case 6: byte == Byte.dot
                case 7: byte == Byte.zero || byte == Byte.zero + 1
                case 8: byte == Byte.space
                case 9: Byte.isDigit(byte) && byte != Byte.zero
                case 10, 11: Byte.isDigit(byte)
                default: byte == Byte.space || byte == Byte.carriageReturn
                }
            guard isAsExpected else { throw .upstreamMalformedStatusLine }
            if cursor == 12 {
                head.version = bytes.byte(7) == Byte.zero ? .http10 : .http11
                head.status = bytes.decimal(9..<12) ?? 0
                if byte == Byte.space { cursor = 13 }
                return true
            }
            cursor += 1
        }
        return false
    }
}
