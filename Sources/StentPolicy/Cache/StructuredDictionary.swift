/// Reads a dictionary of structured fields (RFC 9651 §4.2.2), as far as cache directives need its values.
///
/// The whole text must be well-formed, whatever of it is used: one error makes the field count for nothing.
package enum StructuredDictionary {
    package enum Value: Sendable, Equatable {
        case boolean(Bool)
        case integer(Int64)
        /// A value of another type, or an inner list.
        case other
    }

    package struct Member: Sendable, Equatable {
        /// Where the key stands.
        package var key: Range<Int>
        package var value: Value
    }

    /// The members in the order of their keys' first appearance, each with its last value; `nil` for what is no
    /// dictionary.
    package static func parse(_ text: Span<UInt8>) -> [Member]? {
        var reader = StructuredReader(end: text.count)
        var members: [Member] = []
        reader.skipSpaces(text)
        while !reader.isAtEnd {
            guard let key = reader.key(text) else { return nil }
            var value = Value.boolean(true)
            if reader.take(text, 0x3D) {
                guard let read = reader.item(text) else { return nil }
                value = read
            }
            guard reader.parameters(text) else { return nil }
            if let index = members.firstIndex(where: { CacheText.same(text, $0.key, text, key) }) {
                members[index].value = value
            } else {
                guard members.count < mostMembers else { return nil }
                members.append(Member(key: key, value: value))
            }
            reader.skipOptionalSpace(text)
            if reader.isAtEnd { return members }
            guard reader.take(text, 0x2C) else { return nil }
            reader.skipOptionalSpace(text)
            if reader.isAtEnd { return nil }
        }
        return members
    }

    /// More than any cache directives there are; bounds the search for a repeated key.
    private static let mostMembers = 64
}

/// A place in the text.
private struct StructuredReader {
    private var index = 0
    private let end: Int

    init(end: Int) { self.end = end }

    var isAtEnd: Bool { index == end }

    mutating func take(_ text: Span<UInt8>, _ byte: UInt8) -> Bool {
        guard index < end, text[index] == byte else { return false }
        index += 1
        return true
    }

    mutating func skipSpaces(_ text: Span<UInt8>) {
        while index < end, text[index] == 0x20 { index += 1 }
    }

    mutating func skipOptionalSpace(_ text: Span<UInt8>) {
        while index < end, CacheText.isSpace(text[index]) { index += 1 }
    }

    /// RFC 9651 §4.2.3.3.
    mutating func key(_ text: Span<UInt8>) -> Range<Int>? {
        let start = index
        guard index < end, isLowercase(text[index]) || text[index] == 0x2A else { return nil }
        while index < end {
            let byte = text[index]
            guard isLowercase(byte) || isDigit(byte) || byte == 0x5F || byte == 0x2D || byte == 0x2E || byte == 0x2A
            else { break }
            index += 1
        }
        return start..<index
    }

    /// An item without its parameters, or an inner list (RFC 9651 §4.2.1.1).
    mutating func item(_ text: Span<UInt8>) -> StructuredDictionary.Value? {
        guard take(text, 0x28) else { return bareItem(text) }
        while index < end {
            skipSpaces(text)
            if take(text, 0x29) { return .other }
            guard bareItem(text) != nil, parameters(text), index < end, text[index] == 0x20 || text[index] == 0x29
            else { return nil }
        }
        return nil
    }

    /// RFC 9651 §4.2.3.2.
    mutating func parameters(_ text: Span<UInt8>) -> Bool {
        while take(text, 0x3B) {
            skipSpaces(text)
            guard key(text) != nil else { return false }
            if take(text, 0x3D), bareItem(text) == nil { return false }
        }
        return true
    }

    private mutating func bareItem(_ text: Span<UInt8>) -> StructuredDictionary.Value? {
        guard index < end else { return nil }
        let byte = text[index]
        switch byte {
        case 0x2D, 0x30...0x39: return number(text)
        case 0x22: return string(text)
        case 0x3F: return boolean(text)
        case 0x3A: return byteSequence(text)
        case 0x40:
            index += 1
            guard case .integer = number(text) else { return nil }
            return .other
        case 0x25: return displayString(text)
        case _: return isLetter(byte) || byte == 0x2A ? token(text) : nil
        }
    }

    /// RFC 9651 §4.2.4: at most 15 digits, or 12 before a point and 3 behind it.
    private mutating func number(_ text: Span<UInt8>) -> StructuredDictionary.Value? {
        let isNegative = take(text, 0x2D)
        let start = index
        var number: Int64 = 0
        while index < end, isDigit(text[index]) {
            guard index - start < 15 else { return nil }
            number = number * 10 + Int64(text[index] - 0x30)
            index += 1
        }
        let digits = index - start
        guard digits > 0 else { return nil }
        guard take(text, 0x2E) else { return .integer(isNegative ? -number : number) }
        let point = index
        while index < end, isDigit(text[index]) { index += 1 }
        return digits <= 12 && (1...3).contains(index - point) ? .other : nil
    }

    private mutating func string(_ text: Span<UInt8>) -> StructuredDictionary.Value? {
        index += 1
        while index < end {
            let byte = text[index]
            index += 1
            switch byte {
            case 0x22: return .other
            case 0x5C:
                guard take(text, 0x22) || take(text, 0x5C) else { return nil }
            case 0x20...0x7E: continue
            case _: return nil
            }
        }
        return nil
    }

    private mutating func boolean(_ text: Span<UInt8>) -> StructuredDictionary.Value? {
        index += 1
        if take(text, 0x31) { return .boolean(true) }
        return take(text, 0x30) ? .boolean(false) : nil
    }

    private mutating func byteSequence(_ text: Span<UInt8>) -> StructuredDictionary.Value? {
        index += 1
        while index < end {
            let byte = text[index]
            index += 1
            if byte == 0x3A { return .other }
            guard isLetter(byte) || isDigit(byte) || byte == 0x2B || byte == 0x2F || byte == 0x3D else { return nil }
        }
        return nil
    }

    /// RFC 9651 §4.2.10; whether its bytes are UTF-8 is not looked at.
    private mutating func displayString(_ text: Span<UInt8>) -> StructuredDictionary.Value? {
        index += 1
        guard take(text, 0x22) else { return nil }
        while index < end {
            let byte = text[index]
            index += 1
            switch byte {
            case 0x22: return .other
            case 0x25:
                guard index + 2 <= end, isLowercaseHex(text[index]), isLowercaseHex(text[index + 1]) else { return nil }
                index += 2
            case 0x20...0x7E: continue
            case _: return nil
            }
        }
        return nil
    }

    private mutating func token(_ text: Span<UInt8>) -> StructuredDictionary.Value? {
        while index < end, isTokenByte(text[index]) { index += 1 }
        return .other
    }

    private func isLowercase(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private func isLetter(_ byte: UInt8) -> Bool { isLowercase(byte | 0x20) }
    private func isLowercaseHex(_ byte: UInt8) -> Bool { isDigit(byte) || byte >= 0x61 && byte <= 0x66 }

    /// A byte of a token (RFC 9110 §5.6.2), a colon or a slash.
    private func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x2F, 0x3A, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        case _: isLetter(byte) || isDigit(byte)
        }
    }
}
