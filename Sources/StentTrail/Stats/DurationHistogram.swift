/// How many exchanges took how long, in buckets that grow with the time: an answer is at most a sixteenth too high.
package struct DurationHistogram: Sendable, Equatable {
    /// By bucket; as long as the highest that was needed.
    private var counts: [Int] = []
    package private(set) var count = 0

    package init() {}

    package mutating func add(_ time: Microseconds) {
        let bucket = Self.bucket(of: UInt(max(0, time.count)))
        if bucket >= counts.count { counts += [Int](repeating: 0, count: bucket + 1 - counts.count) }
        counts[bucket] += 1
        count += 1
    }

    package mutating func merge(_ other: DurationHistogram) {
        if other.counts.count > counts.count {
            counts += [Int](repeating: 0, count: other.counts.count - counts.count)
        }
        for index in other.counts.indices { counts[index] += other.counts[index] }
        count += other.count
    }

    /// The time that this share of the exchanges did not exceed; `nil` where there was none.
    ///
    /// - Parameter share: above 0, at most 1.
    package func quantile(_ share: Double) -> Microseconds? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((Double(count) * share).rounded(.up)))
        var seen = 0
        for (bucket, number) in counts.enumerated() {
            seen += number
            if seen >= rank { return Microseconds(Self.highest(in: bucket)) }
        }
        return nil
    }

    /// The first 32 buckets hold one value each; then 16 to each power of two.
    private static func bucket(of value: UInt) -> Int {
        guard value >= 32 else { return Int(value) }
        let exponent = UInt.bitWidth - 1 - value.leadingZeroBitCount
        return (exponent - 4) * 16 + Int(value >> UInt(exponent - 4))
    }

    private static func highest(in bucket: Int) -> Int {
        guard bucket >= 32 else { return bucket }
        let exponent = bucket / 16 + 3
        let mantissa = UInt(bucket % 16 + 16)
        return Int(((mantissa + 1) << UInt(exponent - 4)) - 1)
    }
}
