/// Reads one JSON text into a table, without recursion and without memory of its own for each value.
struct JSONReading {
    private let limits: JSONDocument.Limits
    private(set) var nodes: [JSONNode] = []
    private var names = JSONNames()
    private var position = 0
    private var values = 0
    private var depth = 0
    /// The container that the next value stands in.
    private var container = Self.outermost
    private var isInObject = false
    /// How often the text so far is not as it would be written: white space, escapes that may not be the shortest.
    private var departures: UInt32 = 0

    private static let outermost = Int(UInt32.max)

    init(limits: JSONDocument.Limits) { self.limits = limits }

    mutating func read(_ bytes: Span<UInt8>) throws(JSONFault) {
        guard bytes.count <= limits.bytes else { throw JSONFault(.tooLong, at: 0) }
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONFault(.byteOrderMark, at: 0)
        }
        let text = bytes.bytes
        nodes.reserveCapacity(min(bytes.count / 32 + 8, 4096))
        skipSpace(text)
        try root(bytes, text)
        skipSpace(text)
        guard position == bytes.count else { throw JSONFault(.trailingBytes, at: position) }
    }

    // MARK: Structure

    private mutating func root(_ bytes: Span<UInt8>, _ text: RawSpan) throws(JSONFault) {
        reading: while true {
            let around = container
            try value(bytes, text)
            if container != around {  // it has begun an array or an object
                skipSpace(text)
                if !isNext(closer, text) {
                    if isInObject { try name(bytes, text) }
                    continue
                }
                close()
            }
            while container != Self.outermost {
                skipSpace(text)
                guard position < text.byteCount else { throw JSONFault(.unexpectedEnd, at: position) }
                if isNext(UInt8(ascii: ","), text) {
                    position &+= 1
                    skipSpace(text)
                    if isInObject { try name(bytes, text) }
                    continue reading
                }
                guard isNext(closer, text) else { throw JSONFault(.unexpectedByte, at: position) }
                close()
            }
            return
        }
    }

    @inline(__always)
    private var closer: UInt8 { isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]") }

    /// Reads a scalar, or what opens an array or an object.
    @inline(__always)
    private mutating func value(_ bytes: Span<UInt8>, _ text: RawSpan) throws(JSONFault) {
        let start = position
        guard start < text.byteCount else { throw JSONFault(.unexpectedEnd, at: start) }
        values &+= 1
        guard values <= limits.values else { throw JSONFault(.tooManyValues, at: start) }
        if container != Self.outermost { nodes[container].countOne() }
        switch text.byte(start) {
        case UInt8(ascii: "\""): try string(bytes, text)
        case UInt8(ascii: "{"): try open(.object)
        case UInt8(ascii: "["): try open(.array)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try number(text)
            append(.number, from: start)
        case UInt8(ascii: "t"):
            try literal("true", text)
            append(.true, from: start)
        case UInt8(ascii: "f"):
            try literal("false", text)
            append(.false, from: start)
        case UInt8(ascii: "n"):
            try literal("null", text)
            append(.null, from: start)
        case _: throw JSONFault(.unexpectedByte, at: start)
        }
    }

    @inline(__always)
    private mutating func append(_ kind: JSONValue.Kind, from start: Int) {
        nodes.append(JSONNode(kind, start: start, end: position, next: nodes.count &+ 1))
    }

    private mutating func open(_ kind: JSONValue.Kind) throws(JSONFault) {
        guard depth < limits.depth else { throw JSONFault(.tooDeep, at: position) }
        depth &+= 1
        let parent = UInt32(truncatingIfNeeded: container)
        container = nodes.count
        isInObject = kind == .object
        nodes.append(JSONNode(open: kind, start: position, noted: departures, parent: parent))
        position &+= 1
    }

    /// Its closing bracket is next.
    private mutating func close() {
        position &+= 1
        depth &-= 1
        let parent = Int(nodes[container].next)
        let isAsWritten = nodes[container].end == departures
        nodes[container].close(end: position, next: nodes.count, isAsWritten: isAsWritten)
        container = parent
        isInObject = parent != Self.outermost && nodes[parent].isObject
    }

    /// Reads a name and its colon.
    @inline(__always)
    private mutating func name(_ bytes: Span<UInt8>, _ text: RawSpan) throws(JSONFault) {
        let start = position
        guard start < text.byteCount else { throw JSONFault(.unexpectedEnd, at: start) }
        guard text.byte(start) == UInt8(ascii: "\"") else { throw JSONFault(.unexpectedByte, at: start) }
        try string(bytes, text)
        guard names.isNew(nodes, in: container, text) else { throw JSONFault(.duplicateName, at: start) }
        skipSpace(text)
        guard position < text.byteCount else { throw JSONFault(.unexpectedEnd, at: position) }
        guard isNext(UInt8(ascii: ":"), text) else { throw JSONFault(.unexpectedByte, at: position) }
        position &+= 1
        skipSpace(text)
    }

    // MARK: Scalars

    private mutating func literal(_ word: StaticString, _ text: RawSpan) throws(JSONFault) {
        for index in 0..<word.utf8CodeUnitCount {
            guard position < text.byteCount else { throw JSONFault(.unexpectedEnd, at: position) }
            let expected = word.withUTF8Buffer { $0[index] }
            guard text.byte(position) == expected else { throw JSONFault(.unexpectedByte, at: position) }
            position &+= 1
        }
    }

    /// `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?` (RFC 8259 §6).
    @inline(__always)
    private mutating func number(_ text: RawSpan) throws(JSONFault) {
        if isNext(UInt8(ascii: "-"), text) { position &+= 1 }
        if isNext(UInt8(ascii: "0"), text) { position &+= 1 } else { try digits(text) }
        if isNext(UInt8(ascii: "."), text) {
            position &+= 1
            try digits(text)
        }
        if isNext(UInt8(ascii: "e"), text) || isNext(UInt8(ascii: "E"), text) {
            position &+= 1
            if isNext(UInt8(ascii: "+"), text) || isNext(UInt8(ascii: "-"), text) { position &+= 1 }
            try digits(text)
        }
        if position < text.byteCount, isDigit(text.byte(position)) {  // only a leading zero leaves one
            throw JSONFault(.malformedNumber, at: position)
        }
    }

    @inline(__always)
    private mutating func digits(_ text: RawSpan) throws(JSONFault) {
        let start = position
        while position < text.byteCount, isDigit(text.byte(position)) { position &+= 1 }
        guard position > start else {
            throw JSONFault(position < text.byteCount ? .malformedNumber : .unexpectedEnd, at: position)
        }
    }

    /// Reads a string, and appends it.
    private mutating func string(_ bytes: Span<UInt8>, _ text: RawSpan) throws(JSONFault) {
        let start = position &+ 1
        var end = start
        var hasEscapes = false
        var high: UInt64 = 0
        while true {
            end = text.plainEnd(from: end, high: &high)
            guard end < text.byteCount else { throw JSONFault(.unexpectedEnd, at: text.byteCount) }
            let byte = text.byte(end)
            if byte == UInt8(ascii: "\"") { break }
            guard byte == UInt8(ascii: "\\") else { throw JSONFault(.controlCharacter, at: end) }
            hasEscapes = true
            end &+= 2  // a quote behind it does not end the string
            if end <= text.byteCount { high |= UInt64(text.byte(end &- 1)) }
        }
        if high & 0x8080_8080_8080_8080 != 0 {
            do throws(UTF8.ValidationError) {
                _ = try UTF8Span(validating: bytes.extracting(start..<end))
            } catch {
                throw JSONFault(.notUTF8, at: start + error.byteOffsets.lowerBound)
            }
        }
        var isAsWritten = true
        if hasEscapes {
            isAsWritten = try checkEscapes(text, start..<end)
            if !isAsWritten { departures &+= 1 }
        }
        let first = position
        position = end &+ 1
        nodes.append(
            JSONNode(
                .string, start: first, end: position, next: nodes.count &+ 1, hasEscapes: hasEscapes,
                isAsWritten: isAsWritten))
    }

    /// Whether all escapes are surely the shortest ways to write their characters.
    ///
    /// - Parameter content: of a string; outside its escapes, all bytes stand for themselves.
    private func checkEscapes(_ text: RawSpan, _ content: Range<Int>) throws(JSONFault) -> Bool {
        var areShortest = true
        var index = text.plainEnd(from: content.lowerBound)
        while index < content.upperBound {
            let escape = try JSONEscape.read(text, at: index, until: content.upperBound)
            if escape.next != index &+ 2 || escape.scalar == "/" { areShortest = false }
            index = text.plainEnd(from: escape.next)
        }
        return areShortest
    }

    // MARK: Bytes

    @inline(__always)
    private mutating func skipSpace(_ text: RawSpan) {
        let start = position
        while position < text.byteCount {
            let byte = text.byte(position)
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            position &+= 1
        }
        if position != start { departures &+= 1 }
    }

    @inline(__always)
    private func isNext(_ byte: UInt8, _ text: RawSpan) -> Bool {
        position < text.byteCount && text.byte(position) == byte
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
