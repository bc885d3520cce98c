/// Which bucket of a table a hash belongs to, where the table grows by one bucket at a time.
///
/// Linear hashing (Litwin: "Linear Hashing: A New Tool for File and Table Addressing", VLDB 1980): buckets are split in
/// turn, each into itself and a new one at the end. No addition ever has to move the whole table while others wait
/// for the lock.
struct LinearHash: Sendable {
    /// Buckets, at least 1.
    private(set) var count = 1
    /// The buckets of the round under way when it began, less one: a power of two less one.
    private var mask: UInt64 = 0

    /// Its lowest bits decide.
    func bucket(of hash: UInt64) -> Int {
        let wide = Int(truncatingIfNeeded: hash & (mask << 1 | 1))
        return wide < count ? wide : Int(truncatingIfNeeded: hash & mask)
    }

    /// Adds a bucket, the one with the highest number.
    ///
    /// - Returns: the bucket of which all elements are to be asked again where they belong: here, or in the new one.
    mutating func grow() -> Int {
        let split = count - Int(mask) - 1
        count += 1
        if count == 2 * (Int(mask) + 1) { mask = mask << 1 | 1 }
        return split
    }
}
