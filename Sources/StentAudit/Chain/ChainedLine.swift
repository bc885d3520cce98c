/// Where the fields of the chain stand in a line: `…,"seq":N,"prev":"<64>","hash":"<64>"}`.
///
/// They are found from the line's end, without reading the JSON before them, and their form has no freedom: exact
/// digits, no leading zero, lower case, nothing between. So no two lines that differ can both fit one chain: what stands
/// before `,"hash":"` is hashed, what stands behind it is fixed.
struct ChainedLine {
    /// No longer line is a line of the trail.
    static let longest = 1 << 20
    /// Eighteen digits: a successor is always a number too.
    static let largestSequence = 999_999_999_999_999_999

    /// `,"hash":"`, 64 digits, `"}`
    private static let hashField = 75
    /// `,"prev":"`, 64 digits, `"`
    private static let previousField = 74

    let sequence: Int
    /// Where the body ends, without its closing brace.
    let bodyEnd: Int
    /// Where the 64 digits of the hash of the line before begin.
    let previous: Int
    /// Where the hashed bytes end.
    let hashedEnd: Int

    /// Where the 64 digits of the line's own hash begin.
    var hash: Int { hashedEnd + 9 }

    /// - Parameter line: without its line feed.
    @inline(__always)
    init?(_ line: RawSpan) {
        let count = line.byteCount
        // `{`, a body, `,"seq":1` and the two fixed fields
        guard count >= 2 + 8 + Self.previousField + Self.hashField, line.at(0) == 0x7B, line.at(count - 1) == 0x7D,
            line.at(count - 2) == 0x22
        else { return nil }
        hashedEnd = count - Self.hashField
        let previousStart = hashedEnd - Self.previousField
        guard line.eight(hashedEnd) == 0x3A22_6873_6168_222C, line.at(hashedEnd + 8) == 0x22,
            line.eight(previousStart) == 0x3A22_7665_7270_222C, line.at(previousStart + 8) == 0x22,
            line.at(hashedEnd - 1) == 0x22
        else { return nil }
        previous = previousStart + 9
        var number = 0
        var scale = 1
        var start = previousStart
        while start > 9, previousStart - start < 18 {
            let digit = line.at(start - 1) &- 0x30
            guard digit < 10 else { break }
            number &+= Int(digit) &* scale
            scale &*= 10
            start -= 1
        }
        guard start < previousStart, line.at(start) != 0x30, line.eight(start - 8) >> 8 == 0x3A_2271_6573_222C else {
            return nil
        }
        sequence = number
        bodyEnd = start - 7
    }
}

extension RawSpan {
    /// - Parameter offset: inside.
    @inline(__always)
    func at(_ offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    /// Eight bytes, the first lowest.
    ///
    /// - Parameter offset: with eight bytes behind it.
    @inline(__always)
    func eight(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Where the first line feed from `start` on is, or the end.
    @inline(__always)
    func lineEnd(from start: Int) -> Int {
        // A byte of `word` is zero where the text has a line feed; the lowest zero byte leaves its top bit in `hits`,
        // exactly ("Bit Twiddling Hacks", zero byte).
        var index = start
        while index &+ 8 <= byteCount {
            let word = eight(index) ^ 0x0A0A_0A0A_0A0A_0A0A
            let hits = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if hits != 0 { return index &+ hits.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < byteCount, at(index) != 0x0A { index &+= 1 }
        return index
    }
}
