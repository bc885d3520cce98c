/// Which keys were put out of the small queue lately: S3-FIFO's ghost queue, as fingerprints without an order.
///
/// A set-associative table of 4-byte fingerprints with the time when each was put in, as the authors propose in §4.2: one
/// that is too old counts for nothing, and the oldest of a full set gives way. A false hit, 1 in 10^5 at worst,
/// lets an entry into the main queue too early, which costs nothing but room.
struct GhostTable: Sendable {
    /// Fingerprint below, time above; 0 is empty.
    private typealias Ways = InlineArray<4, UInt64>

    private var sets = Chunked<Ways>()
    private var address = LinearHash()
    /// Fingerprints put in, from 1; wraps after 2^32, which can only revive one that nobody has replaced since.
    private var clock: UInt32 = 0

    init() { sets.append(Ways(repeating: 0)) }

    /// A set more for every two entries of the shard, of which a step adds at most one: the table is half full, so that
    /// few sets overflow.
    mutating func grow(for entries: Int) {
        guard sets.count < entries / 2 else { return }
        let old = address.grow()
        let new = sets.count
        sets.append(Ways(repeating: 0))
        for way in 0..<4 where address.bucket(of: sets[old][way] & 0xFFFF_FFFF) == new {
            sets[new][way] = sets[old][way]
            sets[old][way] = 0
        }
    }

    mutating func insert(_ hash: UInt64) {
        clock &+= 1
        let fingerprint = hash >> 32
        let set = address.bucket(of: fingerprint)
        var oldest = 0
        for way in 0..<4 {
            let slot = sets[set][way]
            if slot == 0 || slot & 0xFFFF_FFFF == fingerprint {
                oldest = way
                break
            }
            if age(slot) > age(sets[set][oldest]) { oldest = way }
        }
        sets[set][oldest] = UInt64(clock) << 32 | fingerprint
    }

    /// Whether it was among the last `window` that were put in. It is in no longer.
    mutating func take(_ hash: UInt64, window: Int) -> Bool {
        let fingerprint = hash >> 32
        let set = address.bucket(of: fingerprint)
        for way in 0..<4 {
            let slot = sets[set][way]
            guard slot != 0, slot & 0xFFFF_FFFF == fingerprint else { continue }
            sets[set][way] = 0
            return Int(age(slot)) < window
        }
        return false
    }

    private func age(_ slot: UInt64) -> UInt32 { clock &- UInt32(truncatingIfNeeded: slot >> 32) }
}
