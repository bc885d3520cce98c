import StentModel

/// A media type as a field names it (RFC 9110 §8.3.1), as far as contracts ask.
package struct MediaType: Sendable, Equatable {
    /// What `charset` says.
    package enum Charset: Sendable {
        case absent
        case utf8
        /// Another one, or more than one.
        case other
    }

    /// Type and subtype in lower case, without parameters.
    package var essence: String
    package var charset: Charset

    /// `application/json` and whatever is written in JSON by its name (RFC 6839 §3.1).
    package var isJSON: Bool { MediaType.isJSON(essence) }

    static func isJSON(_ essence: String) -> Bool { essence == "application/json" || essence.hasSuffix("+json") }

    /// - Returns: `nil` for what is not one media type with well-formed parameters.
    package init?(_ bytes: [UInt8], _ range: Range<Int>) {
        guard range.upperBound <= bytes.count else { return nil }
        var reading = Reading(bytes: bytes, position: range.lowerBound, end: range.upperBound)
        guard let type = reading.token(), reading.skip(UInt8(ascii: "/")), let subtype = reading.token() else {
            return nil
        }
        essence = MediaType.text(bytes, type.lowerBound..<subtype.upperBound)
        charset = .absent
        while true {
            reading.skipSpace()
            if reading.isAtEnd { return }
            guard reading.skip(UInt8(ascii: ";")) else { return nil }
            reading.skipSpace()
            guard let name = reading.token() else { continue }  // `;` alone is allowed (RFC 9110 §5.6.6)
            guard reading.skip(UInt8(ascii: "=")), let value = reading.value() else { return nil }
            guard MediaType.text(bytes, name) == "charset" else { continue }
            let isUTF8 = MediaType.text(bytes, value) == "utf-8"
            charset = isUTF8 && charset == .absent ? .utf8 : .other
        }
    }

    /// ASCII in lower case; the ranges hold token bytes or the inside of a quoted string, compared only.
    private static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        let span = bytes.span
        return String(unsafeUninitializedCapacity: range.count) { text in
            for index in range {
                let byte = span[index]
                text[index - range.lowerBound] = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            }
            return range.count
        }
    }

    private struct Reading {
        let bytes: [UInt8]
        var position: Int
        let end: Int

        var isAtEnd: Bool { position >= end }

        mutating func skip(_ byte: UInt8) -> Bool {
            guard position < end, bytes[position] == byte else { return false }
            position += 1
            return true
        }

        mutating func skipSpace() {
            while position < end, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
        }

        /// One or more token bytes (RFC 9110 §5.6.2).
        mutating func token() -> Range<Int>? {
            let start = position
            while position < end, Self.isToken(bytes[position]) { position += 1 }
            return position > start ? start..<position : nil
        }

        /// A token or a quoted string, without its quotes; one with a backslash in it is another text than it looks.
        mutating func value() -> Range<Int>? {
            guard skip(UInt8(ascii: "\"")) else { return token() }
            let start = position
            while position < end, bytes[position] != UInt8(ascii: "\"") {
                if bytes[position] == UInt8(ascii: "\\") { position += 1 }
                position += 1
            }
            let range = start..<min(position, end)
            return skip(UInt8(ascii: "\"")) ? range : nil
        }

        private static func isToken(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"),
                UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
                true
            case _: false
            }
        }
    }
}
