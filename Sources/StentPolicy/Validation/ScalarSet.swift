/// A set of Unicode scalars, asked for members in constant time where they are ASCII.
struct ScalarSet: Sendable, Equatable {
    /// Ascending, neither overlapping nor touching.
    let ranges: [ClosedRange<UInt32>]
    /// The members below 0x40, and from there to 0x7F.
    private let low: UInt64
    private let high: UInt64

    /// The largest code point.
    static let last: UInt32 = 0x10_FFFF

    /// - Parameter unordered: in any order, overlapping or not.
    init(_ unordered: [ClosedRange<UInt32>]) {
        var ranges: [ClosedRange<UInt32>] = []
        for range in unordered.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let previous = ranges.last, range.lowerBound <= previous.upperBound + 1 else {
                ranges.append(range)
                continue
            }
            ranges[ranges.count - 1] = previous.lowerBound...max(previous.upperBound, range.upperBound)
        }
        self.ranges = ranges
        func bits(from start: UInt32) -> UInt64 {
            (0..<64).reduce(0) { bits, bit in
                ranges.contains { $0.contains(start + UInt32(bit)) } ? bits | 1 << UInt64(bit) : bits
            }
        }
        low = bits(from: 0)
        high = bits(from: 64)
    }

    /// Every scalar that is not in this set.
    var inverted: ScalarSet {
        var gaps: [ClosedRange<UInt32>] = []
        var start: UInt32 = 0
        for range in ranges {
            if range.lowerBound > start { gaps.append(start...range.lowerBound - 1) }
            start = range.upperBound + 1
        }
        if start <= Self.last { gaps.append(start...Self.last) }
        return ScalarSet(gaps)
    }

    func contains(_ scalar: UInt32) -> Bool {
        if scalar < 64 { return low >> UInt64(scalar) & 1 == 1 }
        if scalar < 128 { return high >> UInt64(scalar - 64) & 1 == 1 }
        var lower = 0
        var upper = ranges.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if ranges[middle].upperBound < scalar { lower = middle + 1 } else { upper = middle }
        }
        return lower < ranges.count && ranges[lower].lowerBound <= scalar
    }

    // MARK: The sets that escapes name (ECMA-262 §22.2.2.9, with the flag `u` and without `i`)

    /// `\d`
    static let digits = ScalarSet([0x30...0x39])
    /// `\w`
    static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// `\s`: WhiteSpace (§12.2, with what Unicode calls space separators) and LineTerminator.
    static let space = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    /// `.`: anything but LineTerminator (§12.3).
    static let anyButLineBreak = ScalarSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029]).inverted
}
