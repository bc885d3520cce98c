/// Bytes shown as the language writes them, so that a failure can be pasted back into a script.
package enum WireBytes {
    /// - Parameter limit: bytes shown at most; the rest is counted.
    package static func quoted(_ bytes: some Collection<UInt8>, limit: Int = 600) -> String {
        var text = "\""
        for byte in bytes.prefix(limit) {
            switch byte {
            case 0x0D: text += "\\r"
            case 0x0A: text += "\\n"
            case 0x09: text += "\\t"
            case 0x00: text += "\\0"
            case 0x22: text += "\\\""
            case 0x5C: text += "\\\\"
            case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + hex(byte)
            }
        }
        text += "\""
        if bytes.count > limit { text += " and \(bytes.count - limit) bytes more" }
        return text
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
    }

    /// The bytes as text, each one a scalar (ISO 8859-1), so that nothing a peer sends is lost or merged.
    package static func text(_ bytes: some Collection<UInt8>) -> String {
        var text = ""
        for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        return text
    }

    /// Where `needle` first stands in `bytes`, from `start`.
    package static func range(of needle: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Range<Int>? {
        guard !needle.isEmpty, start >= 0, bytes.count - start >= needle.count else { return nil }
        for lower in start...(bytes.count - needle.count) where bytes[lower] == needle[0] {
            if bytes[lower..<lower + needle.count].elementsEqual(needle) { return lower..<lower + needle.count }
        }
        return nil
    }
}
