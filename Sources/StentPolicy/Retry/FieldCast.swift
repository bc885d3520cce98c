/// The integer that a cast makes of a value, in decimal without leading zeros: text, so that no number is too large.
enum CastInteger {
    /// Doubles below this have a fraction that is to be trusted.
    static let largest = 0x1p50

    /// - Returns: `nil` where there is none, or none that is certain.
    static func of(_ value: FieldValue) -> String? {
        switch value {
        case .null: return nil
        case .bool(let flag): return flag ? "1" : "0"
        case .string(let text): return prefix(text)
        case .number(let text):
            if isDecimal(text) { return prefix(text) }
            guard let double = finite(text), abs(double) < largest else { return nil }
            return String(Int64(double))
        }
    }

    /// Whether a JSON number has neither fraction nor exponent.
    static func isWhole(_ number: String) -> Bool {
        number.utf8.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// Whether a JSON number has no exponent.
    static func isDecimal(_ number: String) -> Bool {
        number.utf8.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    /// Ruby's `String#to_i`: white space, a sign, digits with single underscores between; `nil` where it has no digits.
    private static func prefix(_ text: String) -> String? {
        var rest = text.utf8.drop(while: isSpace)
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        var digits = ""
        var hasDigit = false
        var afterDigit = false
        for byte in rest {
            if byte == UInt8(ascii: "_"), afterDigit {
                afterDigit = false
                continue
            }
            guard isDigit(byte) else { break }
            hasDigit = true
            afterDigit = true
            if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.unicodeScalars.append(Unicode.Scalar(byte)) }
        }
        guard hasDigit else { return nil }
        return digits.isEmpty ? "0" : isNegative ? "-" + digits : digits
    }

    /// - Returns: `nil` for what is no number in full, for an infinite one, and for texts longer than numbers are.
    static func finite(_ text: String) -> Double? {
        guard text.utf8.count <= 64, let double = Double(text), double.isFinite else { return nil }
        return double
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

/// What a boolean is in a column of text.
enum CastBool {
    static func of(_ text: String) -> Bool? {
        switch text {
        case "true", "t", "1": true
        case "false", "f", "0": false
        case _: nil
        }
    }
}
