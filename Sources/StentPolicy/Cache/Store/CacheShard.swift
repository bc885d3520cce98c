import StentModel

/// A part of the cache, which one lock guards: from keys to entries, within a bound of bytes.
///
/// A key may stand for several entries, its variants (RFC 9111 §4.1), newest first; a closure says which of them is meant.
/// They leave one by one, in the order of the `ShardIndex`; of one key at most 32 stay, the newest.
///
/// Keys come from peers, so hashes must be seeded: `CacheHash`. The lowest bits choose a bucket, the upper half without its
/// highest bits a ghost, so the highest eight may choose the shard.
///
/// Usable from inlined code, with all it uses there: only so does the compiler make a form of it for the values of another
/// module, which halves the time of a look-up. `ByteCount` is not, so sizes are in bytes here.
///
/// What serves as memory for numbers is kept for new entries when old ones go; `removeAll` gives it back.
@usableFromInline
package struct CacheShard<Value> {
    @usableFromInline
    package enum Insertion: Sendable, Equatable {
        case stored
        /// Larger than a quarter of the shard.
        case tooLarge
        /// As many as one insertion may put out were not enough: another may find room.
        case noRoom
    }

    /// How far a walk over all entries has come.
    ///
    /// Entries that are there from its beginning to its end are met exactly once; those stored meanwhile may be.
    package struct Walk: Sendable {
        package enum Progress: Sendable, Equatable {
            case more
            case done
        }

        fileprivate var position = 0
        fileprivate var end: Int?
        package var removed = 0
        package init() {}
    }

    package typealias Counts = ShardIndex.Counts

    @usableFromInline var index: ShardIndex
    /// By the entry's number.
    @usableFromInline var values = Chunked<Value?>()

    package init(capacity: ByteCount) { index = ShardIndex(capacity: capacity) }

    package var counts: Counts { index.counts }
    package var capacity: ByteCount { ByteCount(index.capacity) }

    // MARK: One key

    /// The newest of the key's entries that is meant; it counts as used.
    @inlinable
    package mutating func find(_ key: Span<UInt8>, hash: UInt64, where isMeant: (Value) -> Bool) -> Value? {
        var entry = index.first(key, hash: hash)
        while let number = entry {
            if let value = values[number], isMeant(value) {
                index.use(number)
                return value
            }
            entry = index.next(number)
        }
        return nil
    }

    @inlinable
    package mutating func find(_ key: Span<UInt8>, hash: UInt64) -> Value? { find(key, hash: hash) { _ in true } }

    /// Stores an entry as the key's newest.
    ///
    /// Those it replaces go in any case, since they are out of date even where it can't be taken; it inherits their
    /// standing, so that what is refreshed often does not have to earn its place each time.
    ///
    /// - Parameters:
    ///   - bytes: what the value takes; key and overhead are added to it.
    ///   - isReplaced: asked of every entry of the key.
    @inlinable
    package mutating func insert(
        _ key: Span<UInt8>, hash: UInt64, _ value: Value, bytes: Int, replacing isReplaced: (Value) -> Bool
    ) -> Insertion {
        var standing = ShardIndex.Standing()
        var entry = index.first(key, hash: hash)
        while let number = entry {
            entry = index.next(number)
            guard let old = values[number], isReplaced(old) else { continue }
            standing = index.standing(of: number, with: standing)
            drop(number)
        }
        guard let charge = index.charge(key: key.count, bytes: bytes) else { return .tooLarge }
        var budget = ShardIndex.Budget()
        while index.lacksRoom(for: charge) {
            guard let evicted = index.evict(&budget) else {
                index.refuse()
                return .noRoom
            }
            values[evicted] = nil
        }
        let number = index.add(key, hash: hash, charge: charge, standing)
        if number < values.count { values[number] = value } else { values.append(value) }
        if let surplus = index.surplus(of: number) { drop(surplus) }
        return .stored
    }

    /// - Returns: how many there were.
    @inlinable @discardableResult
    package mutating func remove(
        _ key: Span<UInt8>, hash: UInt64, where isMeant: (Value) -> Bool = { _ in true }
    ) -> Int {
        var removed = 0
        var entry = index.first(key, hash: hash)
        while let number = entry {
            entry = index.next(number)
            guard let value = values[number], isMeant(value) else { continue }
            drop(number)
            removed += 1
        }
        return removed
    }

    // MARK: All keys

    /// Removes entries by key and value, looking at no more than `steps` numbers: to be called again until it is done, so
    /// that the lock is free in between.
    ///
    /// What is being fetched meanwhile is to be kept out by `CacheStamps.fence`, called first.
    package mutating func remove(
        _ walk: inout Walk, steps: Int, where isMeant: (_ key: [UInt8], Value) -> Bool
    ) -> Walk.Progress {
        let end = min(walk.end ?? index.numbers, index.numbers)
        walk.end = end
        let stop = min(end, walk.position + max(1, min(steps, end)))
        while walk.position < stop {
            let number = walk.position
            walk.position += 1
            guard index.isEntry(number), let value = values[number], isMeant(index.key(of: number), value) else {
                continue
            }
            drop(number)
            walk.removed += 1
        }
        return walk.position < end ? .more : .done
    }

    /// Removes everything at once.
    ///
    /// - Returns: what was in it, to be let go of when the lock is free again: that takes as long as there are entries.
    package mutating func removeAll() -> CacheShard<Value> {
        var empty = CacheShard(capacity: capacity)
        empty.index.inheritCounts(of: index)
        let old = self
        self = empty
        return old
    }

    /// Sets the bound; where there is more in it, `trim` is to be called until it is done, and nothing is stored before.
    package mutating func resize(_ capacity: ByteCount) { index.resize(capacity) }

    /// Puts out as many entries as one insertion may.
    package mutating func trim() -> Walk.Progress {
        var budget = ShardIndex.Budget()
        while index.lacksRoom(for: 0) {
            guard let evicted = index.evict(&budget) else { return .more }
            values[evicted] = nil
        }
        return .done
    }

    @inlinable
    mutating func drop(_ number: Int) {
        index.remove(number)
        values[number] = nil
    }
}

extension CacheShard: Sendable where Value: Sendable {}
