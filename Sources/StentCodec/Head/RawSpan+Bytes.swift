import StentModel

extension RawSpan {
    /// The byte at an offset; traps outside the span.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        // Bounds are checked by the call; it is called unsafe for types that not every bit pattern is a value of.
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The first offset in `start..<end` whose byte can't stand in a field value (RFC 9110 §5.5), or `end`.
    ///
    /// Eight bytes at a time: the subtraction borrows into bit 7 of each byte below 0x20, and the second one of each DEL.
    /// A borrow may mark bytes behind the first one marked, never before it, so that the first mark is exact.
    @inline(__always)
    func firstNotFieldContent(from start: Int, to end: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while index &+ 8 <= end {
            let word = UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let deletes = word ^ (ones &* 0x7F)
            let marks = (((word &- (ones &* 0x20)) & ~word) | ((deletes &- ones) & ~deletes)) & (ones &* 0x80)
            if marks == 0 {
                index &+= 8
                continue
            }
            index &+= marks.trailingZeroBitCount &>> 3
            if byte(index) != Byte.tab { return index }
            index &+= 1
        }
        while index < end, Byte.isFieldContent(byte(index)) { index &+= 1 }
        return index
    }

    /// The first offset in `start..<end` whose byte is not in `set`, or `end`.
    ///
    /// Eight bytes at a time as long as they are letters, digits and hyphens, of which nearly all names are made; bytes
    /// are compared in 7 bits, so that no sum carries into the next one, and those from 0x80 are taken out at the end.
    ///
    /// - Parameter set: holds at least letters, digits and the hyphen.
    @inline(__always)
    func firstNotName(_ set: ByteSet, from start: Int, to end: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high = ones &* 0x80
        var index = start
        while index &+ 8 <= end {
            let word = UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
            let low = word & ~high
            let lower = low | (ones &* 0x20)
            let letters = (lower &+ (ones &* (0x80 - 0x61))) & ~(lower &+ (ones &* (0x80 - 0x7B)))
            let digits = (low &+ (ones &* (0x80 - 0x30))) & ~(low &+ (ones &* (0x80 - 0x3A)))
            let hyphens = ~((low ^ (ones &* 0x2D)) &+ (ones &* 0x7F))
            let others = ~((letters | digits | hyphens) & ~word) & high
            if others == 0 {
                index &+= 8
                continue
            }
            index &+= others.trailingZeroBitCount &>> 3
            if !set.contains(byte(index)) { return index }
            index &+= 1
        }
        while index < end, set.contains(byte(index)) { index &+= 1 }
        return index
    }

    /// Whether the bytes of `range` are `lowercase`, ASCII letters compared without case.
    func equals(_ range: Range<Int>, lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount else { return false }
        return lowercase.withUTF8Buffer { expected in
            for position in expected.indices
            where Byte.lowercased(byte(range.lowerBound + position)) != expected[position] {
                return false
            }
            return true
        }
    }

    /// Whether two ranges hold the same bytes, ASCII letters compared without case.
    func equalIgnoringCase(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        for position in 0..<left.count
        where Byte.lowercased(byte(left.lowerBound + position)) != Byte.lowercased(byte(right.lowerBound + position)) {
            return false
        }
        return true
    }

    /// `1*DIGIT` of at most 18 digits, so that it can't overflow; `nil` for anything else.
    func decimal(_ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= 18 else { return nil }
        var value = 0
        for index in range {
            let digit = byte(index) &- Byte.zero
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int(digit)  // below 10^18
        }
        return value
    }
}

extension FieldSection {
    /// Takes a copy of a head's bytes, in the memory that is already there.
    @inline(__always)
    mutating func take(_ head: RawSpan) {
        bytes.removeAll(keepingCapacity: true)
        head.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
}
