/// One word of a script.
struct WireToken: Sendable {
    enum Kind: Sendable, Equatable {
        /// A name, keyword or number: a run of characters without white space, quotes and braces.
        case word(String)
        /// A string, its escapes resolved.
        case string([UInt8])
        case open
        case close
        /// Nothing more.
        case end
    }

    var kind: Kind
    var place: WirePlace

    /// The token as a message names it.
    var shown: String {
        switch kind {
        case .word(let word): "`\(word)`"
        case .string: "a string"
        case .open: "`{`"
        case .close: "`}`"
        case .end: "the end of the case"
        }
    }
}

/// Cuts the text of a case into words. Line breaks are white space; `#` outside a string begins a comment.
struct WireLexer {
    private let bytes: [UInt8]
    private let file: String
    private var index = 0
    private var line: Int
    private var column = 1

    /// - Parameter line: the line of the file that the text begins on.
    init(_ bytes: [UInt8], file: String, line: Int) {
        self.bytes = bytes
        self.file = file
        self.line = line
    }

    mutating func tokens() throws(WireSyntaxError) -> [WireToken] {
        var tokens: [WireToken] = []
        while true {
            skipBlank()
            let place = here
            guard let byte = peek else {
                tokens.append(WireToken(kind: .end, place: place))
                return tokens
            }
            switch byte {
            case 0x7B:
                advance()
                tokens.append(WireToken(kind: .open, place: place))
            case 0x7D:
                advance()
                tokens.append(WireToken(kind: .close, place: place))
            case 0x22: tokens.append(WireToken(kind: .string(try string()), place: place))
            default: tokens.append(WireToken(kind: .word(word()), place: place))
            }
        }
    }

    private var here: WirePlace { WirePlace(file: file, line: line, column: column) }
    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func advance() {
        guard let byte = peek else { return }
        index += 1
        if byte == 0x0A {
            line += 1
            column = 1
        } else {
            column += 1
        }
    }

    private mutating func skipBlank() {
        while let byte = peek {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: advance()
            case 0x23: while let next = peek, next != 0x0A { advance() }
            default: return
            }
        }
    }

    private mutating func word() -> String {
        let start = index
        while let byte = peek {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D, 0x22, 0x7B, 0x7D:
                return String(decoding: bytes[start..<index], as: UTF8.self)
            default: advance()
            }
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func string() throws(WireSyntaxError) -> [UInt8] {
        let start = here
        advance()
        var value: [UInt8] = []
        while let byte = peek {
            switch byte {
            case 0x22:
                advance()
                return value
            case 0x0A: throw WireSyntaxError("the string is not closed on its line", at: start)
            case 0x5C: value.append(try escape())
            default:
                value.append(byte)
                advance()
            }
        }
        throw WireSyntaxError("the string is not closed on its line", at: start)
    }

    private mutating func escape() throws(WireSyntaxError) -> UInt8 {
        let place = here
        advance()
        guard let byte = peek else { throw WireSyntaxError("an escape without a letter", at: place) }
        advance()
        switch byte {
        case 0x72: return 0x0D
        case 0x6E: return 0x0A
        case 0x74: return 0x09
        case 0x30: return 0x00
        case 0x22, 0x5C: return byte
        case 0x78:
            guard let high = hexDigit(), let low = hexDigit() else {
                throw WireSyntaxError("`\\x` takes two hexadecimal digits", at: place)
            }
            return high << 4 | low
        default:
            throw WireSyntaxError(
                "there is no escape `\\\(WireBytes.text([byte]))`; there are r n t 0 x \" \\", at: place)
        }
    }

    private mutating func hexDigit() -> UInt8? {
        guard let byte = peek else { return nil }
        let digit: UInt8
        switch byte {
        case 0x30...0x39: digit = byte - 0x30
        case 0x41...0x46: digit = byte - 0x37
        case 0x61...0x66: digit = byte - 0x57
        default: return nil
        }
        advance()
        return digit
    }
}
