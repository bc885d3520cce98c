/// One field line (RFC 9110 §5.2) of a section: where its name and its value stand, and which field it is.
@usableFromInline package struct FieldLine: Sendable, Hashable {
    /// The name, without the colon, in the case it was received.
    @usableFromInline package var name: Slot
    /// The value, optional white space removed on both sides.
    @usableFromInline package var value: Slot
    /// Which field this is, where we know it; `.other` otherwise.
    @usableFromInline package var field: FieldName
    /// The line reads exactly `name: value` CR LF, so that it can be copied on as it stands.
    @usableFromInline package var isCanonical: Bool

    @inlinable
    package init(name: Slot, value: Slot, field: FieldName, isCanonical: Bool) {
        self.name = name
        self.value = value
        self.field = field
        self.isCanonical = isCanonical
    }

    /// The whole line with its line break; meaningful only for a canonical line.
    @inlinable package var wholeLine: Range<Int> { name.lowerBound..<value.upperBound + 2 }
}

/// The fields of a message over one flat buffer: order, case and duplicates as received.
///
/// Policies, the cache key and the upstream writer read this one form, whichever protocol it came by. The two arrays are
/// reused from message to message on a connection, so that a request costs no allocation here.
@usableFromInline package struct FieldSection: Sendable {
    /// The bytes of the head, all slots point into it.
    @usableFromInline package var bytes: [UInt8]
    /// The field lines in the order received.
    @usableFromInline package var lines: [FieldLine]

    package init(bytes: [UInt8] = [], lines: [FieldLine] = []) {
        self.bytes = bytes
        self.lines = lines
    }

    /// Forgets the content and keeps the memory.
    @inlinable
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
    }

    /// The first line of that field.
    @inlinable
    package func first(_ field: FieldName) -> FieldLine? {
        for line in lines where line.field == field { return line }
        return nil
    }

    /// How many lines there are of that field.
    package func count(_ field: FieldName) -> Int {
        var count = 0
        for line in lines where line.field == field { count += 1 }
        return count
    }

    /// The text of a slot, each byte that is not ASCII shown as U+FFFD; for messages and records, not for decisions.
    package func text(_ slot: Slot) -> String {
        guard slot.upperBound <= bytes.count else { return "" }
        return String(decoding: bytes[slot.range], as: UTF8.self)
    }

    /// The first value of that field as text.
    package func text(_ field: FieldName) -> String? { first(field).map { text($0.value) } }

    /// Whether the slot's bytes are `lowercase`, ASCII letters compared without case.
    ///
    /// - Parameter lowercase: ASCII without capital letters.
    @inlinable
    package func equals(_ slot: Slot, lowercase: StaticString) -> Bool {
        guard Int(slot.length) == lowercase.utf8CodeUnitCount, slot.upperBound <= bytes.count else { return false }
        let span = bytes.span
        return lowercase.withUTF8Buffer { expected in
            for index in expected.indices {
                var byte = span[slot.lowerBound + index]
                if byte >= 0x41 && byte <= 0x5A { byte |= 0x20 }
                if byte != expected[index] { return false }
            }
            return true
        }
    }

    /// Whether the line's name is this one.
    ///
    /// - Parameter lowercase: its bytes, ASCII without capital letters.
    package func isNamed(_ line: FieldLine, _ lowercase: [UInt8]) -> Bool {
        guard lowercase.count == Int(line.name.length), line.name.upperBound <= bytes.count else { return false }
        for (byte, expected) in zip(bytes[line.name.range], lowercase) {
            let isCapital = byte >= 0x41 && byte <= 0x5A
            if (isCapital ? byte | 0x20 : byte) != expected { return false }
        }
        return true
    }

    /// Calls `body` with each element of a comma-separated list value, white space removed, empty elements skipped
    /// (RFC 9110 §5.6.1.2); stops where `body` returns false. Quoted strings are not looked into: for token lists.
    @inlinable
    package func forEachToken(of slot: Slot, _ body: (Slot) -> Bool) {
        guard slot.upperBound <= bytes.count else { return }
        let span = bytes.span
        var start = slot.lowerBound
        while start < slot.upperBound {
            var end = start
            while end < slot.upperBound, span[end] != 0x2C { end += 1 }
            var lower = start
            var upper = end
            while lower < upper, span[lower] == 0x20 || span[lower] == 0x09 { lower += 1 }
            while upper > lower, span[upper - 1] == 0x20 || span[upper - 1] == 0x09 { upper -= 1 }
            if lower < upper, !body(Slot(lower..<upper)) { return }
            start = end + 1
        }
    }
}
