import StentModel

/// Writes and reads the parts of a target: percent-encoding of what is not to be taken for syntax (RFC 3986 §2).
enum TargetText {
    /// Appends bytes so that none of them is syntax: all but `unreserved` (§2.3) are encoded.
    ///
    /// - Parameter keepsSegment: `sub-delims`, `:` and `@` stand as they are too, as they may in a segment (§3.3).
    static func append(_ bytes: Span<UInt8>, to target: inout [UInt8], keepsSegment: Bool = false) {
        for index in bytes.indices {
            let byte = bytes[index]
            if isUnreserved(byte) || keepsSegment && isSegment(byte) {
                target.append(byte)
            } else {
                target.append(UInt8(ascii: "%"))
                target.append(digit(byte >> 4))
                target.append(digit(byte & 0xF))
            }
        }
    }

    /// Appends bytes with what is percent-encoded in them decoded, once.
    ///
    /// - Parameter plusIsSpace: as forms write it (application/x-www-form-urlencoded).
    /// - Returns: false where a `%` has no two digits behind it.
    static func decode(
        _ bytes: Span<UInt8>, _ range: Range<Int>, plusIsSpace: Bool = false, to output: inout [UInt8]
    ) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard let value = PercentEncoding.byte(in: bytes, at: index - 1, end: range.upperBound) else {
                    return false
                }
                output.append(value)
                index += 2
            } else {
                output.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return true
    }

    static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        case _: false
        }
    }

    private static func isSegment(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&")...UInt8(ascii: ","), UInt8(ascii: ":"),
            UInt8(ascii: "="), UInt8(ascii: "@"):
            true
        case _: false
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }
}
