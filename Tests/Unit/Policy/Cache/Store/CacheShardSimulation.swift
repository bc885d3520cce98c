import StentModel
import StentPolicy
import Testing

/// A shard's user that remembers everything it ever stored.
private struct ShardSimulation {
    struct Value: Equatable {
        var variant: Int
        var serial: Int
        var size: Int
    }

    var random: SeededRandom
    var shard: CacheShard<Value>
    /// What may be found, newest first; what was evicted is still in it.
    var stored: [String: [Value]] = [:]
    /// Whether nothing can have been evicted.
    let isRoomy: Bool
    var serial = 0
    var violations: [String] = []

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        isRoomy = seed % 2 == 0
        shard = CacheShard(capacity: isRoomy ? .mebibytes(8) : ByteCount(Int(random.next() % 20_000) + 2_000))
    }

    mutating func check(_ holds: Bool, _ rule: String) { if !holds { violations.append(rule) } }

    mutating func run() {
        for _ in 0..<800 where violations.isEmpty {
            step()
            check(shard.counts.bytes <= shard.capacity.value, "more bytes than allowed")
        }
        var walk = CacheShard<Value>.Walk()
        var (bytes, entries) = (0, 0)
        var keys: Set<[UInt8]> = []
        while shard.remove(
            &walk, steps: 10,
            where: { key, value in
                bytes += value.size + key.count + ShardIndex.overhead
                entries += 1
                keys.insert(key)
                return false
            }) == .more
        {}
        check(shard.counts.bytes == bytes, "bytes are not those of the entries")
        check(shard.counts.entries == entries, "entries are not counted right")
        check(shard.counts.keys == keys.count, "keys are not counted right")
        if isRoomy {
            check(entries == stored.values.map(\.count).reduce(0, +), "an entry was lost")
            check(shard.counts.evictedFromSmall + shard.counts.evictedFromMain == 0, "evicted for nothing")
        }
    }

    mutating func step() {
        let key = "key \(random.next() % 120)"
        let variant = Int(random.next() % 3)
        switch random.next() % 20 {
        case 0..<8:
            serial += 1
            let value = Value(variant: variant, serial: serial, size: Int(random.next() % 700))
            let result = shard.insert(key, value, bytes: value.size) { $0.variant == variant }
            stored[key, default: []].removeAll { $0.variant == variant }
            if result == .stored { stored[key, default: []].insert(value, at: 0) }
            check(result == .stored || !isRoomy, "refused for nothing")
            check(
                result != .stored || shard.find(key) { $0.variant == variant } == value, "not there after it was stored"
            )
        case 8..<17:
            let found = shard.find(key) { $0.variant == variant }
            let expected = stored[key]?.first { $0.variant == variant }
            check(found == expected || !isRoomy && found == nil, "another one than was stored last")
        case 17:
            let removed = shard.remove(key) { $0.variant == variant }
            let expected = stored[key]?.filter { $0.variant == variant }.count ?? 0
            check(removed == expected || !isRoomy && removed < expected, "removed others than were meant")
            stored[key]?.removeAll { $0.variant == variant }
        case 18 where random.once(in: 10):
            _ = shard.removeAll()
            stored = [:]
        case 18: if !isRoomy { resize() }
        case _:
            var walk = CacheShard<Value>.Walk()
            while shard.remove(&walk, steps: 7, where: { $1.serial % 11 == variant }) == .more {}
            for key in stored.keys { stored[key]?.removeAll { $0.serial % 11 == variant } }
        }
    }

    mutating func resize() {
        shard.resize(ByteCount(Int(random.next() % 20_000) + 2_000))
        while shard.trim() == .more {}
    }
}

/// Keys of which the n-th is asked for with a chance of 1/n, as on the Web (Breslau et al., "Web Caching and Zipf-like
/// Distributions", INFOCOM 1999), and now and then a run of keys that nobody asks for again.
private struct Trace {
    private(set) var requests: [(key: String, size: Int)] = []

    init(seed: UInt64, count: Int, keys: Int) {
        var random = SeededRandom(seed: seed)
        var sums: [Double] = []
        for rank in 1...keys { sums.append((sums.last ?? 0) + 1 / Double(rank)) }
        var fresh = keys
        while requests.count < count {
            if random.once(in: 400) {
                for _ in 0..<200 {
                    fresh += 1
                    requests.append((fourDigits(fresh), 300))
                }
            }
            let drawn = Double.random(in: 0..<(sums.last ?? 1), using: &random)
            var (low, high) = (0, keys - 1)
            while low < high {
                let middle = (low + high) / 2
                if sums[middle] <= drawn { low = middle + 1 } else { high = middle }
            }
            requests.append((fourDigits(low), 100 + low * 37 % 900))
        }
    }
}

/// Out goes what was used longest ago.
private struct LeastRecentlyUsed {
    let capacity: Int
    private var bytes = 0
    private var entries: [String: (size: Int, used: Int)] = [:]
    private var uses: [String] = []
    private var oldest = 0

    init(capacity: Int) { self.capacity = capacity }

    mutating func request(_ key: String, charge: Int) -> Bool {
        let isHit = entries[key] != nil
        if !isHit { bytes += charge }
        entries[key] = (charge, uses.count)
        uses.append(key)
        while bytes > capacity, oldest < uses.count {
            if let entry = entries[uses[oldest]], entry.used == oldest {
                bytes -= entry.size
                entries[uses[oldest]] = nil
            }
            oldest += 1
        }
        return isHit
    }
}

@Suite struct `A shard of the cache, over many requests` {
    @Test(arguments: 0..<12 as Range<UInt64>)
    func `holds its bound, returns nothing that was not stored last, and loses nothing while there is room`(
        seed: UInt64
    ) {
        var simulation = ShardSimulation(seed: seed)
        simulation.run()
        #expect(simulation.violations == [])
    }

    @Test(arguments: [30_000, 100_000, 300_000])
    func `serves more from the same bytes than the order of last use, where scans pass by`(capacity: Int) {
        let trace = Trace(seed: 3, count: 12_000, keys: 2_000)
        var shard = CacheShard<Int>(capacity: ByteCount(capacity))
        var lru = LeastRecentlyUsed(capacity: capacity)
        var (ours, theirs) = (0, 0)
        for request in trace.requests {
            if shard.find(request.key) != nil {
                ours += 1
            } else {
                shard.insert(request.key, 0, bytes: request.size)
            }
            let charge = request.size + request.key.utf8.count + ShardIndex.overhead
            if lru.request(request.key, charge: charge) { theirs += 1 }
        }
        #expect(Double(ours) > Double(theirs) * 1.05)
    }
}
