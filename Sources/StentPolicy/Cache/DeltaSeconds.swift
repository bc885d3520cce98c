/// A non-negative number of seconds (RFC 9111 §1.2.2).
package enum DeltaSeconds {
    /// What stands for every number that is larger.
    package static let largest: Int64 = 1 << 31

    /// The number; `nil` for what is not digits alone.
    package static func parse(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int64? {
        guard !range.isEmpty, range.upperBound <= bytes.count else { return nil }
        var number: Int64 = 0
        for index in range {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            number = min(number * 10 + Int64(digit), largest)
        }
        return number
    }
}
