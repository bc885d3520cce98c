import StentModel

/// JSON strings (RFC 8259 §7) from bytes that anybody may have chosen.
///
/// Beside what JSON demands, what could mislead somebody who reads the trail in a terminal is escaped: DEL, the C1
/// controls (a terminal may take U+009B for the start of a command), and the marks that reorder or break a line. Each
/// maximal part that is not UTF-8 becomes one `\ufffd` (Unicode 16, §3.9, "U+FFFD substitution of maximal subparts").
enum JSONText {
    /// Appends the slot's bytes as a string with its quotes; `""` where the slot lies outside.
    ///
    /// - Parameter limit: bytes of the source to write at most; a character that the limit would split is left out.
    static func append(_ bytes: borrowing [UInt8], _ slot: Slot, limit: Int = .max, to output: inout OutputSpan<UInt8>)
    {
        guard slot.upperBound <= bytes.count else {
            output.append(#""""#)
            return
        }
        let text = bytes.span.extracting(slot.range)
        append(text.count <= limit ? text : text.extracting(0..<wholeCharacters(of: text, within: limit)), to: &output)
    }

    /// Appends a text as a string with its quotes.
    ///
    /// - Parameter limit: as above.
    static func append(_ text: String, limit: Int = .max, to output: inout OutputSpan<UInt8>) {
        let text = text.utf8.span
        append(text.count <= limit ? text : text.extracting(0..<wholeCharacters(of: text, within: limit)), to: &output)
    }

    private static func append(_ text: Span<UInt8>, to output: inout OutputSpan<UInt8>) {
        output.append(0x22)
        var start = 0
        var index = 0
        while index < text.count {
            if index + 8 <= text.count, isPlain(text.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            {
                index += 8
                continue
            }
            let byte = text[index]
            if byte >= 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C {
                index += 1
                continue
            }
            if byte < 0x80 {
                output.append(run: text.extracting(start..<index))
                appendEscape(of: byte, to: &output)
                index += 1
                start = index
                continue
            }
            let (scalar, length) = decode(text, at: index)
            if let scalar, !misleads(scalar) {
                index += length
                continue
            }
            output.append(run: text.extracting(start..<index))
            append(escaped: scalar ?? 0xFFFD, to: &output)
            index += length
            start = index
        }
        output.append(run: text.extracting(start..<index))
        output.append(0x22)
    }

    /// Whether all eight bytes stand for themselves.
    ///
    /// The borrow tricks of "Bit Twiddling Hacks" (zero byte, byte less than n); exact as to whether there is such a byte.
    @inline(__always)
    private static func isPlain(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let delete = word ^ (ones &* 0x7F)
        let low = (word &- ones &* 0x20) & ~word
        let hits = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (delete &- ones) & ~delete | low | word
        return hits & tops == 0
    }

    private static func appendEscape(of byte: UInt8, to output: inout OutputSpan<UInt8>) {
        switch byte {
        case 0x22: output.append(#"\""#)
        case 0x5C: output.append(#"\\"#)
        case 0x08: output.append(#"\b"#)
        case 0x09: output.append(#"\t"#)
        case 0x0A: output.append(#"\n"#)
        case 0x0C: output.append(#"\f"#)
        case 0x0D: output.append(#"\r"#)
        default: append(escaped: UInt32(byte), to: &output)
        }
    }

    /// - Parameter scalar: in the basic plane; all that are escaped are.
    private static func append(escaped scalar: UInt32, to output: inout OutputSpan<UInt8>) {
        output.append(#"\u"#)
        for shift in [12, 8, 4, 0] as [UInt32] {
            output.append(hexDigit(UInt8(truncatingIfNeeded: scalar >> shift & 0x0F)))
        }
    }

    /// Valid UTF-8 that a terminal or editor acts on instead of showing it.
    private static func misleads(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x80...0x9F,  // C1 controls
            0x061C, 0x200E, 0x200F,  // direction marks
            0x2028...0x202E,  // line and paragraph separator, direction embeddings and overrides
            0x2066...0x2069,  // direction isolates
            0xFEFF:  // byte order mark
            true
        default: false
        }
    }

    /// The scalar that begins at `index`, `nil` where there is none, and how many bytes it or the broken part takes.
    ///
    /// Unicode 16, table 3-7: the second byte's range depends on the first, so that overlong forms, surrogates and values
    /// beyond U+10FFFF are broken at their first impossible byte.
    private static func decode(_ text: Span<UInt8>, at index: Int) -> (scalar: UInt32?, length: Int) {
        let first = text[index]
        let following: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        var scalar: UInt32
        switch first {
        case 0x00...0x7F: return (UInt32(first), 1)
        case 0xC2...0xDF:
            following = 1
            scalar = UInt32(first & 0x1F)
        case 0xE0...0xEF:
            following = 2
            scalar = UInt32(first & 0x0F)
            if first == 0xE0 { second = 0xA0...0xBF }
            if first == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            following = 3
            scalar = UInt32(first & 0x07)
            if first == 0xF0 { second = 0x90...0xBF }
            if first == 0xF4 { second = 0x80...0x8F }
        default: return (nil, 1)
        }
        for offset in 1...following {
            guard index + offset < text.count else { return (nil, offset) }
            let byte = text[index + offset]
            guard offset == 1 ? second.contains(byte) : byte & 0xC0 == 0x80 else { return (nil, offset) }
            scalar = scalar << 6 | UInt32(byte & 0x3F)
        }
        return (scalar, following + 1)
    }

    /// At most `limit`, so that the cut does not split a character.
    private static func wholeCharacters(of text: Span<UInt8>, within limit: Int) -> Int {
        // At most three bytes back: no character has more than three continuation bytes.
        for end in stride(from: limit, to: max(limit - 4, 0), by: -1) where text[end] & 0xC0 != 0x80 { return end }
        return limit
    }
}
