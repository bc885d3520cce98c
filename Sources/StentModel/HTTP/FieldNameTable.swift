/// Recognises the fields of `FieldName` among the names of a head.
///
/// An open-addressed table over the first and the last eight bytes of the lower-cased name: a name that we know costs one
/// probe and a comparison of at most four words, one that we don't know mostly costs an empty probe. It is computed from
/// `FieldName.allCases`, so that a field added there is known here.
package struct FieldNameTable: Sendable {
    /// The only table; a decoder keeps a copy, which spares it the once-check of a global.
    package static let shared = FieldNameTable()

    /// A name as four little-endian words, lower-cased, zeros behind its end.
    private struct Entry: Sendable {
        var words: (UInt64, UInt64, UInt64, UInt64)
        var length: Int
        var field: FieldName
    }

    /// The longest name that fits an entry; a test holds that every field's does.
    package static let longestName = 32

    private static let slotBits = 8
    private let entries: [Entry]
    /// Index into `entries` plus one; zero for an empty slot. A power of two, at least four times the entries.
    private let slots: [UInt8]

    private init() {
        var entries: [Entry] = []
        var slots = [UInt8](repeating: 0, count: 1 << Self.slotBits)
        for field in FieldName.allCases where field != .other {
            let name = field.text.withUTF8Buffer { [UInt8]($0) }
            let span = name.span.bytes
            let words = Self.words(span, from: 0, length: name.count)
            entries.append(Entry(words: words, length: name.count, field: field))
            var slot = Self.slot(words, Self.lastWord(span, from: 0, length: name.count, words), name.count)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt8(entries.count)
        }
        self.entries = entries
        self.slots = slots
    }

    /// The field with that name, ASCII letters compared without case.
    ///
    /// - Parameters:
    ///   - bytes: a buffer that holds the name; the bytes behind the name may be read, never used.
    ///   - start: offset of the name in `bytes`.
    ///   - length: the name's length. Its bytes must be token bytes (RFC 9110 §5.6.2): for others the comparison without
    ///     case would be too coarse.
    package func field(_ bytes: RawSpan, from start: Int, length: Int) -> FieldName {
        guard length > 0, length <= Self.longestName else { return .other }
        let words = Self.words(bytes, from: start, length: length)
        var slot = Self.slot(words, Self.lastWord(bytes, from: start, length: length, words), length)
        while true {
            let index = slots[slot]
            if index == 0 { return .other }
            let entry = entries[Int(index) - 1]
            if entry.length == length, entry.words == words { return entry.field }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    @inline(__always)
    private static func slot(_ words: (UInt64, UInt64, UInt64, UInt64), _ last: UInt64, _ length: Int) -> Int {
        let mixed =
            (words.0 ^ (last &<< 7) ^ (last &>> 29) ^ UInt64(truncatingIfNeeded: length))
            &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed &>> (64 - UInt64(slotBits)))
    }

    @inline(__always)
    private static func words(
        _ bytes: RawSpan, from start: Int, length: Int
    ) -> (UInt64, UInt64, UInt64, UInt64) {
        let first = word(bytes, at: start, length: length)
        guard length > 8 else { return (first, 0, 0, 0) }
        let second = word(bytes, at: start + 8, length: length - 8)
        guard length > 16 else { return (first, second, 0, 0) }
        let third = word(bytes, at: start + 16, length: length - 16)
        guard length > 24 else { return (first, second, third, 0) }
        return (first, second, third, word(bytes, at: start + 24, length: length - 24))
    }

    @inline(__always)
    private static func lastWord(
        _ bytes: RawSpan, from start: Int, length: Int, _ words: (UInt64, UInt64, UInt64, UInt64)
    ) -> UInt64 {
        length > 8 ? word(bytes, at: start + length - 8, length: 8) : words.0
    }

    /// Up to eight bytes as a little-endian word. Setting bit 5 lower-cases letters; among token bytes no other byte
    /// becomes a letter, a digit or a hyphen by it.
    @inline(__always)
    private static func word(_ bytes: RawSpan, at offset: Int, length: Int) -> UInt64 {
        var word: UInt64 = 0
        if offset + 8 <= bytes.byteCount {
            // Bounds are checked; any eight bytes are a UInt64.
            word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        } else {
            var shift: UInt64 = 0
            for index in offset..<offset + min(length, 8) {
                word |= UInt64(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)) &<< shift
                shift += 8
            }
        }
        word |= 0x2020_2020_2020_2020
        return length >= 8 ? word : word & ((1 &<< (UInt64(truncatingIfNeeded: length) &* 8)) &- 1)
    }
}
