/// The escapes of a JSON string (RFC 8259 §7).
enum JSONEscape {
    /// The character of the escape at `start`, and where it ends.
    ///
    /// - Parameter end: of the string's content; the byte at `start` is a backslash.
    static func read(
        _ text: RawSpan, at start: Int, until end: Int
    ) throws(JSONFault) -> (scalar: Unicode.Scalar, next: Int) {
        guard start + 1 < end else { throw JSONFault(.malformedEscape, at: start) }
        switch text.byte(start + 1) {
        case UInt8(ascii: "\""): return ("\"", start + 2)
        case UInt8(ascii: "\\"): return ("\\", start + 2)
        case UInt8(ascii: "/"): return ("/", start + 2)
        case UInt8(ascii: "b"): return ("\u{8}", start + 2)
        case UInt8(ascii: "f"): return ("\u{c}", start + 2)
        case UInt8(ascii: "n"): return ("\n", start + 2)
        case UInt8(ascii: "r"): return ("\r", start + 2)
        case UInt8(ascii: "t"): return ("\t", start + 2)
        case UInt8(ascii: "u"): return try readCodeUnits(text, at: start, until: end)
        case _: throw JSONFault(.malformedEscape, at: start)
        }
    }

    /// The character of a `\u` escape, or of two that are a surrogate pair.
    private static func readCodeUnits(
        _ text: RawSpan, at start: Int, until end: Int
    ) throws(JSONFault) -> (scalar: Unicode.Scalar, next: Int) {
        let unit = try codeUnit(text, at: start + 2, until: end)
        if let scalar = Unicode.Scalar(unit) { return (scalar, start + 6) }
        guard unit < 0xDC00, start + 7 < end, text.byte(start + 6) == UInt8(ascii: "\\"),
            text.byte(start + 7) == UInt8(ascii: "u")
        else { throw JSONFault(.loneSurrogate, at: start) }
        let low = try codeUnit(text, at: start + 8, until: end)
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw JSONFault(.loneSurrogate, at: start) }
        return (scalar, start + 12)
    }

    /// Four hexadecimal digits.
    private static func codeUnit(_ text: RawSpan, at start: Int, until end: Int) throws(JSONFault) -> UInt32 {
        var unit: UInt32 = 0
        for position in start..<start + 4 {
            guard position < end, let digit = PercentEncoding.digit(text.byte(position)) else {
                throw JSONFault(.malformedEscape, at: position)
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// Appends a character of a string, escaped only where JSON demands it.
    static func append(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
        switch scalar.value {
        case 0x22: output.append(contentsOf: [0x5C, 0x22])
        case 0x5C: output.append(contentsOf: [0x5C, 0x5C])
        case 0x08: output.append(contentsOf: [0x5C, UInt8(ascii: "b")])
        case 0x09: output.append(contentsOf: [0x5C, UInt8(ascii: "t")])
        case 0x0A: output.append(contentsOf: [0x5C, UInt8(ascii: "n")])
        case 0x0C: output.append(contentsOf: [0x5C, UInt8(ascii: "f")])
        case 0x0D: output.append(contentsOf: [0x5C, UInt8(ascii: "r")])
        case 0x00..<0x20:
            let digit = UInt8(scalar.value & 0xF)
            output.append(contentsOf: [0x5C, UInt8(ascii: "u"), 0x30, 0x30, 0x30 + UInt8(scalar.value >> 4)])
            output.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        case _: appendUTF8(scalar, to: &output)
        }
    }

    static func appendUTF8(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
        for byte in UTF8.encode(scalar) ?? .init() { output.append(byte) }  // every scalar has an encoding
    }
}

/// The content of a string that was found to be valid, in pieces.
struct JSONPieces {
    enum Piece {
        /// Bytes that stand for themselves.
        case plain(Range<Int>)
        case escape(Unicode.Scalar, Range<Int>)
    }

    private var position: Int
    private let end: Int

    init(_ content: Range<Int>) {
        position = content.lowerBound
        end = content.upperBound
    }

    mutating func next(_ text: RawSpan) -> Piece? {
        guard position < end else { return nil }
        let start = position
        guard text.byte(start) == UInt8(ascii: "\\"), let escape = try? JSONEscape.read(text, at: start, until: end)
        else {
            position = min(text.plainEnd(from: start + 1), end)
            return .plain(start..<position)
        }
        position = escape.next
        return .escape(escape.scalar, start..<position)
    }
}

/// The content of a string that was found to be valid, byte by byte as decoded.
struct JSONDecodedBytes {
    private var position: Int
    private let end: Int
    /// Bytes of an escape that are yet to come, the next one lowest.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    init(_ content: Range<Int>) {
        position = content.lowerBound
        end = content.upperBound
    }

    mutating func next(_ text: RawSpan) -> UInt8? {
        if pendingCount > 0 { return takePending() }
        guard position < end else { return nil }
        let byte = text.byte(position)
        guard byte == UInt8(ascii: "\\"), let escape = try? JSONEscape.read(text, at: position, until: end) else {
            position &+= 1
            return byte
        }
        position = escape.next
        for byte in UTF8.encode(escape.scalar) ?? .init() {
            pending |= UInt32(byte) << UInt32(8 * pendingCount)
            pendingCount += 1
        }
        return takePending()
    }

    private mutating func takePending() -> UInt8 {
        let byte = UInt8(truncatingIfNeeded: pending)
        pending >>= 8
        pendingCount -= 1
        return byte
    }
}

/// Strings of ours as JSON.
package enum JSONString {
    /// Appends a text as a string with its quotes, escaped only where JSON demands it (RFC 8259 §7).
    package static func append(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars { JSONEscape.append(scalar, to: &output) }
        output.append(UInt8(ascii: "\""))
    }

    /// A text as a string with its quotes.
    package static func json(_ text: String) -> String {
        var bytes: [UInt8] = []
        append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
