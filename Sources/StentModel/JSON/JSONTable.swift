/// A text and the values in it, in the order in which they begin.
///
/// A container is followed by all that is in it; a member is two nodes, its name and its value.
final class JSONTable: Sendable {
    let bytes: [UInt8]
    let nodes: [JSONNode]

    init(bytes: [UInt8], nodes: [JSONNode]) {
        self.bytes = bytes
        self.nodes = nodes
    }

    /// The text of the string at a node.
    func string(at index: Int) -> String {
        let node = nodes[index]
        let content = node.content
        guard node.hasEscapes else { return String(decoding: bytes[content], as: UTF8.self) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(content.count)
        let bytes = self.bytes
        let span = bytes.span
        var pieces = JSONPieces(content)
        while let piece = pieces.next(span.bytes) {
            switch piece {
            case .plain(let range): decoded.append(contentsOf: bytes[range])
            case .escape(let scalar, _): JSONEscape.appendUTF8(scalar, to: &decoded)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// Whether the string at a node is this text, code point by code point.
    func isString(at index: Int, _ text: String) -> Bool {
        let node = nodes[index]
        let name = text.utf8
        let bytes = self.bytes
        let span = bytes.span
        let content = node.content
        guard node.hasEscapes else {
            return content.count == name.count
                && span.bytes.equals(content.lowerBound, name.span.bytes, 0, count: content.count)
        }
        var decoded = JSONDecodedBytes(content)
        for byte in name where decoded.next(span.bytes) != byte { return false }
        return decoded.next(span.bytes) == nil
    }
}

/// One value or name of a text, in 16 bytes.
struct JSONNode: Sendable {
    /// The most elements or members that a container counts.
    static let mostCounted = 1 << 27 - 1

    /// Its first byte, quote or bracket included.
    let start: UInt32
    /// Behind its last byte. Of a container that is still open: what the reader had to note when it began.
    private(set) var end: UInt32
    /// The node behind it and all that is in it. Of a container that is still open: the container around it.
    private(set) var next: UInt32
    /// Bits 0 to 2: kind; bit 3: has escapes; bit 4: is as it would be written; from bit 5: count.
    private var shape: UInt32

    private static let escapes: UInt32 = 1 << 3
    private static let written: UInt32 = 1 << 4
    private static let one: UInt32 = 1 << 5

    /// A value that is complete.
    @inline(__always)
    init(_ kind: JSONValue.Kind, start: Int, end: Int, next: Int, hasEscapes: Bool = false, isAsWritten: Bool = true) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        self.next = UInt32(truncatingIfNeeded: next)
        shape = UInt32(kind.rawValue) | (hasEscapes ? Self.escapes : 0) | (isAsWritten ? Self.written : 0)
    }

    /// A container that is open.
    @inline(__always)
    init(open kind: JSONValue.Kind, start: Int, noted: UInt32, parent: UInt32) {
        self.start = UInt32(truncatingIfNeeded: start)
        end = noted
        next = parent
        shape = UInt32(kind.rawValue)
    }

    /// Bytes in the text.
    @inline(__always)
    var range: Range<Int> { Int(start)..<Int(end) }

    /// The bytes of a string between its quotes.
    @inline(__always)
    var content: Range<Int> { Int(start) &+ 1..<Int(end) &- 1 }

    @inline(__always)
    var kind: JSONValue.Kind {
        switch shape & 7 {
        case 0: .null
        case 1: .false
        case 2: .true
        case 3: .number
        case 4: .string
        case 5: .array
        case _: .object
        }
    }

    @inline(__always)
    var isObject: Bool { shape & 7 == UInt32(JSONValue.Kind.object.rawValue) }

    @inline(__always)
    var hasEscapes: Bool { shape & Self.escapes != 0 }

    /// Whether canonical writing gives the very bytes of the text.
    @inline(__always)
    var isAsWritten: Bool { shape & Self.written != 0 }

    /// Elements or members.
    @inline(__always)
    var count: Int { Int(shape >> 5) }

    /// - Precondition: `count < mostCounted`.
    @inline(__always)
    mutating func countOne() { shape &+= Self.one }

    @inline(__always)
    mutating func close(end: Int, next: Int, isAsWritten: Bool) {
        self.end = UInt32(truncatingIfNeeded: end)
        self.next = UInt32(truncatingIfNeeded: next)
        if isAsWritten { shape |= Self.written }
    }
}

extension RawSpan {
    /// The byte at an offset; traps outside the span.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        // Bounds are checked by the call; it is called unsafe for types that not every bit pattern is a value of.
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Eight bytes, the first one lowest; traps outside the span.
    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Whether `count` bytes from `start` are those of `other` from `otherStart`.
    @inline(__always)
    func equals(_ start: Int, _ other: RawSpan, _ otherStart: Int, count: Int) -> Bool {
        var offset = 0
        while offset &+ 8 <= count {
            guard word(start &+ offset) == other.word(otherStart &+ offset) else { return false }
            offset &+= 8
        }
        while offset < count {
            guard byte(start &+ offset) == other.byte(otherStart &+ offset) else { return false }
            offset &+= 1
        }
        return true
    }

    /// The first offset from `start` whose byte does not stand for itself in a string, or the end of the text.
    ///
    /// Eight bytes at a time, by the borrow tricks of "Bit Twiddling Hacks" (zero byte, byte less than n): a borrow may
    /// mark bytes behind the first one marked, never before it, so that the first mark is exact.
    ///
    /// - Parameter high: what was read is added; a bit 7 tells of bytes that are not ASCII, here or just behind.
    @inline(__always)
    func plainEnd(from start: Int, high: inout UInt64) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let count = byteCount
        var index = start
        while index &+ 8 <= count {
            let word = word(index)
            high |= word
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let marks =
                ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word)
                & (ones &* 0x80)
            if marks != 0 { return index &+ marks.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        while index < count {
            let byte = byte(index)
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { return index }
            high |= UInt64(byte)
            index &+= 1
        }
        return index
    }

    func plainEnd(from start: Int) -> Int {
        var high: UInt64 = 0
        return plainEnd(from: start, high: &high)
    }
}
