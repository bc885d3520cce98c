/// A set of ASCII bytes as two words, one bit for each byte; bytes from 0x80 are in no set.
struct ByteSet: Sendable, Equatable {
    /// Bytes 0x00-0x3F.
    var low: UInt64
    /// Bytes 0x40-0x7F.
    var high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let word = byte < 0x40 ? low : high
        return byte < 0x80 && (word &>> UInt64(byte & 0x3F)) & 1 != 0
    }

    /// `tchar` (RFC 9110 §5.6.2).
    static let token = ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    /// `tchar` without the underscore, which some servers take for a hyphen (CGI variable names).
    static let requestFieldName = ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_47FF_FFFE)
    /// What may stand in a request target: 0x21-0x7E without `"` `#` `<` `>` and backslash.
    ///
    /// RFC 3986 forbids `^` `` ` `` `{` `|` `}` and misplaced brackets too. Browsers send them raw in queries (the URL
    /// standard does not encode them there) and no server reads them as anything else, so they pass. Those refused are
    /// the ones that servers do read differently: a fragment, a backslash taken for a slash, and what ends a link in a log.
    static let target = ByteSet(low: 0xAFFF_FFF2_0000_0000, high: 0x7FFF_FFFF_EFFF_FFFF)
    /// `unreserved` (RFC 3986 §2.3): what we let stand in a registered name.
    static let unreserved = ByteSet(low: 0x03FF_6000_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
}

/// The bytes that are syntax in HTTP/1.1.
enum Byte {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let asterisk: UInt8 = 0x2A
    static let comma: UInt8 = 0x2C
    static let dot: UInt8 = 0x2E
    static let slash: UInt8 = 0x2F
    static let zero: UInt8 = 0x30
    static let nine: UInt8 = 0x39
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D
    static let question: UInt8 = 0x3F
    static let openBracket: UInt8 = 0x5B
    static let backslash: UInt8 = 0x5C
    static let closeBracket: UInt8 = 0x5D
    static let underscore: UInt8 = 0x5F
    static let delete: UInt8 = 0x7F

    @inline(__always) static func isSpace(_ byte: UInt8) -> Bool { byte == space || byte == tab }
    @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- zero < 10 }
    /// C0 controls and DEL.
    @inline(__always) static func isControl(_ byte: UInt8) -> Bool { byte < space || byte == delete }
    /// What may stand in a field value (RFC 9110 §5.5): HTAB, SP, VCHAR and obs-text.
    @inline(__always) static func isFieldContent(_ byte: UInt8) -> Bool {
        byte >= space ? byte != delete : byte == tab
    }

    @inline(__always) static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// The value of a hexadecimal digit.
    @inline(__always) static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte &- zero }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }
}
