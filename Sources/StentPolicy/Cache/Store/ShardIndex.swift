import StentModel

/// The order in which a shard's entries leave it: S3-FIFO, measured in bytes.
///
/// Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction", SOSP 2023. What is new waits in a
/// small queue of a tenth of the bytes, and goes from there to the main queue where it was used at least twice, or out,
/// leaving its fingerprint with the ghosts; one that comes back while its ghost is there goes to the main queue at once.
/// The main queue gives those used since another round. A scan passes through the small queue alone, and a
/// hit moves nothing.
///
/// Two deviations bound the work of one insertion: of those that deserve to stay at most 1,024 are moved for it, and of
/// the others at most 1,024 put out.
///
/// Entries are numbers; what they stand for is in the `CacheShard`.
@usableFromInline
package struct ShardIndex: Sendable {
    enum Queue: UInt8, Sendable {
        /// Not an entry at the moment.
        case none
        case small
        case main
    }

    private struct Entry: Sendable {
        var row: Int32
        /// The next older one of the same key, or the next that is free.
        var nextVariant: Int32
        var before: Int32 = -1
        var after: Int32 = -1
        var charge: UInt32
        var queue: Queue
        var frequency: UInt8
    }

    /// A queue's ends; entries come in at its head.
    private struct Ends: Sendable {
        var head: Int32 = -1
        var tail: Int32 = -1
        var bytes = 0
    }

    /// What an entry has earned that a new one for the same takes over.
    @usableFromInline
    package struct Standing: Sendable {
        var queue = Queue.none
        var frequency: UInt8 = 0
        @usableFromInline
        package init() {}
    }

    /// What one insertion may do yet to make room.
    @usableFromInline
    package struct Budget: Sendable {
        var evictions = 1_024
        var moves = 1_024
        @usableFromInline
        package init() {}
    }

    package struct Counts: Sendable, Equatable {
        package var entries = 0
        package var keys = 0
        package var bytes = 0
        package var evictedFromSmall = 0
        package var evictedFromMain = 0
        /// Entries that came back while their ghost was there.
        package var ghostHits = 0
        /// Of those evicted from the small queue the ones that were never used.
        package var oneHitWonders = 0
        /// Entries that were not taken, for their size or for want of room.
        package var refused = 0
    }

    /// What an entry costs beside its key and its value: 131 bytes measured in a shard filled once,
    /// 140 after it was filled anew several times, with what the allocation of the key adds to it.
    package static let overhead = 144
    package static let variantsPerKey = 32
    /// One entry may have this share of a shard.
    private static let largestShare = 4
    private static let highestFrequency: UInt8 = 3
    /// Uses that it takes to be moved from the small queue to the main one.
    private static let usesToStay: UInt8 = 2

    package private(set) var capacity: Int
    package private(set) var counts = Counts()
    private var keys = KeyTable()
    private var entries = Chunked<Entry>()
    private var free: Int32 = -1
    private var small = Ends()
    private var main = Ends()
    private var ghosts = GhostTable()

    package init(capacity: ByteCount) { self.capacity = max(0, capacity.value) }

    /// Goes on counting where another stopped.
    mutating func inheritCounts(of other: ShardIndex) {
        let (entries, keys, bytes) = (counts.entries, counts.keys, counts.bytes)
        counts = other.counts
        (counts.entries, counts.keys, counts.bytes) = (entries, keys, bytes)
    }

    package mutating func resize(_ capacity: ByteCount) { self.capacity = max(0, capacity.value) }

    /// Every number that an entry has or had is below this.
    package var numbers: Int { entries.count }
    package func isEntry(_ entry: Int) -> Bool { entries[entry].queue != .none }
    package func key(of entry: Int) -> [UInt8] { keys.key(of: Int(entries[entry].row)) }

    /// The newest entry of a key.
    @usableFromInline
    package func first(_ key: Span<UInt8>, hash: UInt64) -> Int? {
        keys.find(key, hash: hash).map { Int(keys.mark(of: $0)) }
    }

    /// The next older entry of the same key.
    @usableFromInline
    package func next(_ entry: Int) -> Int? {
        let next = entries[entry].nextVariant
        return next >= 0 ? Int(next) : nil
    }

    @usableFromInline
    package mutating func use(_ entry: Int) {
        // What is used often is not even written to.
        if entries[entry].frequency < Self.highestFrequency { entries[entry].frequency += 1 }
    }

    // MARK: Coming in

    /// What an entry is counted for; `nil` where it is too large to be taken.
    @usableFromInline
    package mutating func charge(key: Int, bytes: Int) -> Int? {
        let (sum, overflow) = max(0, bytes).addingReportingOverflow(key + Self.overhead)
        guard !overflow, sum <= capacity / Self.largestShare, sum <= Int(UInt32.max), keys.hasRoom,
            free >= 0 || entries.count < Int(Int32.max)
        else {
            refuse()
            return nil
        }
        return sum
    }

    @usableFromInline
    package func lacksRoom(for charge: Int) -> Bool { counts.bytes > capacity - charge }

    /// Takes an entry's number out of use, to make room.
    ///
    /// - Returns: `nil` where there is none left, or the budget is spent.
    @usableFromInline
    package mutating func evict(_ budget: inout Budget) -> Int? {
        guard budget.evictions > 0 else { return nil }
        budget.evictions -= 1
        while true {
            let isSmall = small.tail >= 0 && (small.bytes >= capacity / 10 || main.tail < 0)
            let tail = isSmall ? small.tail : main.tail
            guard tail >= 0 else { return nil }
            let entry = Int(tail)
            let frequency = entries[entry].frequency
            if isSmall {
                guard frequency < Self.usesToStay || budget.moves == 0 else {
                    budget.moves -= 1
                    unlink(entry)
                    entries[entry].frequency = 0
                    link(entry, into: .main)
                    continue
                }
                ghosts.insert(keys.hash(of: Int(entries[entry].row)))
                counts.evictedFromSmall += 1
                if frequency == 0 { counts.oneHitWonders += 1 }
            } else {
                guard frequency == 0 || budget.moves == 0 else {
                    budget.moves -= 1
                    unlink(entry)
                    entries[entry].frequency -= 1
                    link(entry, into: .main)
                    continue
                }
                counts.evictedFromMain += 1
            }
            remove(entry)
            return entry
        }
    }

    @usableFromInline
    package mutating func refuse() { counts.refused += 1 }

    /// - Precondition: there is room for the charge.
    @usableFromInline
    package mutating func add(_ key: Span<UInt8>, hash: UInt64, charge: Int, _ standing: Standing) -> Int {
        let row = keys.find(key, hash: hash) ?? keys.add(key, hash: hash)
        let entry = Entry(
            row: Int32(truncatingIfNeeded: row), nextVariant: keys.mark(of: row),
            charge: UInt32(truncatingIfNeeded: charge), queue: .none, frequency: standing.frequency)
        let place: Int
        if free >= 0 {
            place = Int(free)
            free = entries[place].nextVariant
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        keys.setMark(of: row, to: Int32(truncatingIfNeeded: place))
        switch standing.queue {
        case .main: link(place, into: .main)
        case .small: link(place, into: .small)
        case .none:
            let isBack = ghosts.take(hash, window: counts.entries)
            if isBack { counts.ghostHits += 1 }
            link(place, into: isBack ? .main : .small)
        }
        counts.entries += 1
        counts.keys = keys.count
        ghosts.grow(for: counts.entries)
        return place
    }

    /// The oldest entry of the key where it has more than are allowed.
    @usableFromInline
    package func surplus(of newest: Int) -> Int? {
        var entry = newest
        for _ in 0..<Self.variantsPerKey {
            guard let next = next(entry) else { return nil }
            entry = next
        }
        return entry
    }

    // MARK: Going out

    @usableFromInline
    package func standing(of entry: Int, with other: Standing) -> Standing {
        var standing = other
        standing.queue = other.queue == .main ? .main : entries[entry].queue
        standing.frequency = max(other.frequency, entries[entry].frequency)
        return standing
    }

    /// Takes an entry's number out of use.
    @usableFromInline
    package mutating func remove(_ entry: Int) {
        unlink(entry)
        let row = Int(entries[entry].row)
        let next = entries[entry].nextVariant
        if keys.mark(of: row) == entry {
            if next >= 0 { keys.setMark(of: row, to: next) } else { keys.remove(row) }
        } else {
            var newer = Int(keys.mark(of: row))
            while entries[newer].nextVariant != entry { newer = Int(entries[newer].nextVariant) }
            entries[newer].nextVariant = next
        }
        entries[entry].queue = .none
        entries[entry].nextVariant = free
        free = Int32(truncatingIfNeeded: entry)
        counts.entries -= 1
        counts.keys = keys.count
    }

    private mutating func link(_ entry: Int, into queue: Queue) {
        var ends = queue == .main ? main : small
        let number = Int32(truncatingIfNeeded: entry)
        entries[entry].queue = queue
        entries[entry].before = -1
        entries[entry].after = ends.head
        if ends.head >= 0 { entries[Int(ends.head)].before = number } else { ends.tail = number }
        ends.head = number
        let charge = Int(entries[entry].charge)
        ends.bytes += charge
        counts.bytes += charge
        if queue == .main { main = ends } else { small = ends }
    }

    private mutating func unlink(_ entry: Int) {
        let isMain = entries[entry].queue == .main
        var ends = isMain ? main : small
        let (before, after) = (entries[entry].before, entries[entry].after)
        if before >= 0 { entries[Int(before)].after = after } else { ends.head = after }
        if after >= 0 { entries[Int(after)].before = before } else { ends.tail = before }
        let charge = Int(entries[entry].charge)
        ends.bytes -= charge
        counts.bytes -= charge
        if isMain { main = ends } else { small = ends }
    }
}
