/// Reads one JSON text (RFC 8259), strictly: what two readers could understand differently is refused.
///
/// No byte order mark, no name twice in an object, no half of a surrogate pair, nothing that is not UTF-8, nothing but
/// white space after the value; bounded depth and number of values, so that neither the stack nor the memory is the
/// sender's to spend. Numbers keep their text. The input is read once, and recursion is as deep as `Limits.depth`.
package struct JSONReader: Sendable {
    /// What one text may cost.
    package struct Limits: Sendable, Equatable {
        /// Arrays and objects inside one another.
        package var depth: Int
        /// Values in total, at any depth.
        package var values: Int

        /// - Parameter depth: at most 512, whatever is asked for: each level takes a frame of the stack.
        package init(depth: Int = 64, values: Int = 131_072) {
            self.depth = min(depth, 512)
            self.values = values
        }
    }

    private let limits: Limits
    private var position = 0
    private var values = 0

    /// - Throws: the first fault of the text.
    package static func read(_ bytes: Span<UInt8>, limits: Limits = Limits()) throws(JSONFault) -> JSONValue {
        var reader = JSONReader(limits: limits)
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONFault(.byteOrderMark, at: 0)
        }
        reader.skipSpace(bytes)
        let value = try reader.value(bytes, depth: 0)
        reader.skipSpace(bytes)
        guard reader.position == bytes.count else { throw JSONFault(.trailingBytes, at: reader.position) }
        return value
    }

    private init(limits: Limits) { self.limits = limits }

    // MARK: Values

    private mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(JSONFault) -> JSONValue {
        let start = position
        guard start < bytes.count else { throw JSONFault(.unexpectedEnd, at: start) }
        values += 1
        guard values <= limits.values else { throw JSONFault(.tooManyValues, at: start) }
        let kind: JSONValue.Kind
        switch bytes[start] {
        case UInt8(ascii: "\""): kind = .string(try string(bytes))
        case UInt8(ascii: "{"): kind = .object(try members(bytes, depth: depth))
        case UInt8(ascii: "["): kind = .array(try elements(bytes, depth: depth))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): kind = .number(try number(bytes))
        case UInt8(ascii: "t"): kind = try literal("true", .bool(true), bytes)
        case UInt8(ascii: "f"): kind = try literal("false", .bool(false), bytes)
        case UInt8(ascii: "n"): kind = try literal("null", .null, bytes)
        case _: throw JSONFault(.unexpectedByte, at: start)
        }
        return JSONValue(kind, range: start..<position)
    }

    private mutating func literal(
        _ word: StaticString, _ kind: JSONValue.Kind, _ bytes: Span<UInt8>
    ) throws(JSONFault) -> JSONValue.Kind {
        for expected in word.description.utf8 {
            guard position < bytes.count else { throw JSONFault(.unexpectedEnd, at: position) }
            guard bytes[position] == expected else { throw JSONFault(.unexpectedByte, at: position) }
            position += 1
        }
        return kind
    }

    private mutating func elements(_ bytes: Span<UInt8>, depth: Int) throws(JSONFault) -> [JSONValue] {
        guard depth < limits.depth else { throw JSONFault(.tooDeep, at: position) }
        var elements: [JSONValue] = []
        position += 1
        skipSpace(bytes)
        if skip(UInt8(ascii: "]"), bytes) { return elements }
        while true {
            skipSpace(bytes)
            elements.append(try value(bytes, depth: depth + 1))
            skipSpace(bytes)
            if skip(UInt8(ascii: ","), bytes) { continue }
            try require(UInt8(ascii: "]"), bytes)
            return elements
        }
    }

    private mutating func members(_ bytes: Span<UInt8>, depth: Int) throws(JSONFault) -> [JSONValue.Member] {
        guard depth < limits.depth else { throw JSONFault(.tooDeep, at: position) }
        var members: [JSONValue.Member] = []
        var names = Names()
        position += 1
        skipSpace(bytes)
        if skip(UInt8(ascii: "}"), bytes) { return members }
        while true {
            skipSpace(bytes)
            let start = position
            guard start < bytes.count else { throw JSONFault(.unexpectedEnd, at: start) }
            guard bytes[start] == UInt8(ascii: "\"") else { throw JSONFault(.unexpectedByte, at: start) }
            let name = try string(bytes)
            guard names.isNew(name, among: members) else { throw JSONFault(.duplicateName, at: start) }
            skipSpace(bytes)
            try require(UInt8(ascii: ":"), bytes)
            skipSpace(bytes)
            members.append(JSONValue.Member(name: name, value: try value(bytes, depth: depth + 1)))
            skipSpace(bytes)
            if skip(UInt8(ascii: ","), bytes) { continue }
            try require(UInt8(ascii: "}"), bytes)
            return members
        }
    }

    // MARK: Numbers and strings

    /// `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?` (RFC 8259 §6).
    private mutating func number(_ bytes: Span<UInt8>) throws(JSONFault) -> String {
        let start = position
        _ = skip(UInt8(ascii: "-"), bytes)
        if !skip(UInt8(ascii: "0"), bytes) { try digits(bytes) }
        if skip(UInt8(ascii: "."), bytes) { try digits(bytes) }
        if skip(UInt8(ascii: "e"), bytes) || skip(UInt8(ascii: "E"), bytes) {
            if !skip(UInt8(ascii: "+"), bytes) { _ = skip(UInt8(ascii: "-"), bytes) }
            try digits(bytes)
        }
        if position < bytes.count, isDigit(bytes[position]) {  // only a leading zero leaves one
            throw JSONFault(.malformedNumber, at: position)
        }
        return try text(bytes, start..<position)
    }

    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONFault) {
        let start = position
        while position < bytes.count, isDigit(bytes[position]) { position += 1 }
        guard position > start else {
            throw JSONFault(position < bytes.count ? .malformedNumber : .unexpectedEnd, at: position)
        }
    }

    private mutating func string(_ bytes: Span<UInt8>) throws(JSONFault) -> String {
        let start = position + 1
        var end = start
        var isEscaped = false
        while true {
            guard end < bytes.count else { throw JSONFault(.unexpectedEnd, at: bytes.count) }
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") { break }
            guard byte >= 0x20 else { throw JSONFault(.controlCharacter, at: end) }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                end += 1  // a quote behind it does not end the string
            }
            end += 1
        }
        position = end + 1
        let plain = try text(bytes, start..<end)
        guard isEscaped else { return plain }
        position = start
        let decoded = try unescape(bytes, until: end)
        position = end + 1
        return decoded
    }

    private func text(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONFault) -> String {
        do throws(UTF8.ValidationError) {
            return String(copying: try UTF8Span(validating: bytes.extracting(range)))
        } catch {
            throw JSONFault(.notUTF8, at: range.lowerBound + error.byteOffsets.lowerBound)
        }
    }

    /// - Precondition: the bytes up to `end` are valid UTF-8 and have a byte after each backslash.
    private mutating func unescape(_ bytes: Span<UInt8>, until end: Int) throws(JSONFault) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(end - position)
        while position < end {
            let byte = bytes[position]
            position += 1
            guard byte == UInt8(ascii: "\\") else {
                decoded.append(byte)
                continue
            }
            guard position < end else { throw JSONFault(.malformedEscape, at: position - 1) }
            position += 1
            switch bytes[position - 1] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(bytes[position - 1])
            case UInt8(ascii: "b"): decoded.append(0x08)
            case UInt8(ascii: "f"): decoded.append(0x0C)
            case UInt8(ascii: "n"): decoded.append(0x0A)
            case UInt8(ascii: "r"): decoded.append(0x0D)
            case UInt8(ascii: "t"): decoded.append(0x09)
            case UInt8(ascii: "u"): decoded.append(contentsOf: UTF8.encode(try scalar(bytes, until: end)) ?? .init())
            case _: throw JSONFault(.malformedEscape, at: position - 2)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// The character of a `\u` escape, its `u` behind us, or of two that are a surrogate pair.
    private mutating func scalar(_ bytes: Span<UInt8>, until end: Int) throws(JSONFault) -> Unicode.Scalar {
        let start = position - 2
        let unit = try codeUnit(bytes, until: end)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, position + 1 < end, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw JSONFault(.loneSurrogate, at: start) }
        position += 2
        let low = try codeUnit(bytes, until: end)
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        else { throw JSONFault(.loneSurrogate, at: start) }
        return scalar
    }

    /// Four hexadecimal digits.
    private mutating func codeUnit(_ bytes: Span<UInt8>, until end: Int) throws(JSONFault) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard position < end, let digit = PercentEncoding.digit(bytes[position]) else {
                throw JSONFault(.malformedEscape, at: position)
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    // MARK: Bytes

    private mutating func skipSpace(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            case _: return
            }
        }
    }

    /// Whether the next byte was this one; it is behind us then.
    private mutating func skip(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func require(_ byte: UInt8, _ bytes: Span<UInt8>) throws(JSONFault) {
        guard position < bytes.count else { throw JSONFault(.unexpectedEnd, at: position) }
        guard skip(byte, bytes) else { throw JSONFault(.unexpectedByte, at: position) }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}

/// The names of one object: compared one by one while they are few, by a set when they are many, so that a large object
/// does not cost the square of its size.
private struct Names {
    /// A name by its bytes; `String`'s own equality is that of canonical equivalence.
    private struct Name: Hashable {
        var text: String

        static func == (left: Name, right: Name) -> Bool { left.text.isSameText(as: right.text) }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    private static let few = 8
    private var known: Set<Name> = []

    mutating func isNew(_ name: String, among members: [JSONValue.Member]) -> Bool {
        guard members.count >= Self.few else { return !members.contains { $0.name.isSameText(as: name) } }
        if known.isEmpty { known = Set(members.map { Name(text: $0.name) }) }
        return known.insert(Name(text: name)).inserted
    }
}
