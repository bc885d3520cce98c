/// Percent-decoding as HOSP's framework does it.
enum PercentCoding {
    /// Decodes a component of a form or a query: `+` is a space, and a `%` without two digits is an error (nil).
    static func form(_ text: Substring.UTF8View) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            text.formIndex(after: &index)
            switch byte {
            case UInt8(ascii: "+"): decoded.append(0x20)
            case UInt8(ascii: "%"):
                guard let value = pair(text, &index) else { return nil }
                decoded.append(value)
            default: decoded.append(byte)
            }
        }
        return decoded
    }

    /// Decodes a path segment: `+` stays, and a `%` without two digits stays too.
    static func segment(_ text: Substring) -> String {
        let utf8 = text.utf8
        guard utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var decoded: [UInt8] = []
        var index = utf8.startIndex
        while index < utf8.endIndex {
            let byte = utf8[index]
            utf8.formIndex(after: &index)
            if byte == UInt8(ascii: "%"), let value = pair(utf8, &index) {
                decoded.append(value)
            } else {
                decoded.append(byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// The byte that the two digits at `index` stand for; moves past them only when they are two.
    private static func pair(_ text: Substring.UTF8View, _ index: inout Substring.UTF8View.Index) -> UInt8? {
        var ahead = index
        guard ahead < text.endIndex, let high = hexDigit(text[ahead]) else { return nil }
        text.formIndex(after: &ahead)
        guard ahead < text.endIndex, let low = hexDigit(text[ahead]) else { return nil }
        text.formIndex(after: &ahead)
        index = ahead
        return high << 4 | low
    }
}
