import NIOCore
import StentExchange
import StentModel
import StentPolicy
import Synchronization

/// What is stored for all loops of the process, and who waits for what is being fetched.
///
/// Shards with a lock each, held for well below a microsecond; whoever waits is woken on its own loop.
package final class CacheStore: Sendable {
    /// What a look-up found.
    enum Found {
        case entry(CacheEntry, CacheStamps.Standing)
        /// Something is there for the URI, but not for this request.
        case otherVariant
        case nothing

        var isMiss: Bool {
            switch self {
            case .entry: false
            case .otherVariant, .nothing: true
            }
        }
    }

    struct Shard: ~Copyable {
        var entries: CacheShard<CacheEntry>
        var flights: FlightTable<NIOLoopBound<LoopWaiter<FlightOutcome>>>
    }

    final class Guarded: Sendable {
        let shard: Mutex<Shard>

        init(capacity: ByteCount, _ bounds: FlightBounds) {
            shard = Mutex(Shard(entries: CacheShard(capacity: capacity), flights: FlightTable(bounds)))
        }
    }

    let shards: [Guarded]
    let stamps = Mutex(CacheStamps())
    let tier = Mutex<(any CacheTier)?>(nil)
    /// The highest bits of a hash choose the shard.
    private let shift: UInt64

    package init(_ settings: CacheSettings) {
        let memory = settings.memory
        var count = 1
        // A shard holds at least 4 MiB: an entry may take a quarter of one.
        while count < 16, memory.value / (count * 2) >= 4 << 20 { count *= 2 }
        shift = UInt64(64 - count.trailingZeroBitCount)
        let share = ByteCount(memory.value / count)
        let bounds = Self.bounds(settings)
        shards = (0..<count).map { _ in Guarded(capacity: share, bounds) }
    }

    /// New settings, but for the memory, which the number of shards follows from.
    func reconfigure(_ settings: CacheSettings) {
        for guarded in shards { guarded.shard.withLock { $0.flights.reconfigure(Self.bounds(settings)) } }
    }

    private static func bounds(_ settings: CacheSettings) -> FlightBounds {
        var bounds = FlightBounds()
        bounds.joinable = TimeSpan(settings.collapseWait)
        bounds.lifetime = TimeSpan(settings.collapseWait)
        return bounds
    }

    private func shard(of key: CacheKey) -> Guarded { shards[shift < 64 ? Int(key.hash >> shift) : 0] }

    // MARK: entries

    func find(_ key: CacheKey, for request: borrowing FieldSection) -> Found {
        var isOther = false
        // The closure can't hold what is borrowed.
        let fields = copy request
        let entry = shard(of: key).shard.withLock { shard in
            shard.entries.find(key.bytes.span, hash: key.hash) { entry in
                isOther = true
                return entry.fits(fields)
            }
        }
        guard let entry else { return isOther ? .otherVariant : .nothing }
        let standing = stamps.withLock { $0.standing(entry.stamp, entry.groups) }
        return standing == .invalid ? .nothing : .entry(entry, standing)
    }

    /// - Parameter began: when the response was asked for.
    func store(_ entry: CacheEntry, under key: CacheKey, began: Moment) -> CacheRefusal? {
        let insertion = insert(entry, under: key) { mayStore(entry.stamp, entry.groups, began: began) }
        switch insertion {
        case nil: return .superseded
        case .stored: return nil
        case .tooLarge, .noRoom: return .tooLarge
        }
    }

    /// - Parameter mayBeStored: asked under the lock, so that a purge that walks over the entries misses none that it is to
    ///   keep out.
    /// - Returns: `nil` where it may not be.
    func insert(
        _ entry: CacheEntry, under key: CacheKey, if mayBeStored: () -> Bool
    ) -> CacheShard<CacheEntry>.Insertion? {
        shard(of: key).shard.withLock { shard in
            guard mayBeStored() else { return nil }
            shard.flights.forget(key.bytes.span, hash: key.hash)
            return shard.entries.insert(key.bytes.span, hash: key.hash, entry, bytes: entry.size) { old in
                old.varyNames == entry.varyNames && old.varyKey == entry.varyKey
            }
        }
    }

    func remove(_ entry: CacheEntry, under key: CacheKey) {
        attachedTier?.forget(CacheTierKey(key))
        _ = shard(of: key).shard.withLock { shard in
            shard.entries.remove(key.bytes.span, hash: key.hash) { $0 === entry }
        }
    }

    // MARK: invalidation

    func note(_ groups: CacheGroups) -> CacheStamp { stamps.withLock { $0.note(groups) } }

    /// Whether what was asked for then may be stored now.
    func mayStore(_ stamp: CacheStamp, _ groups: CacheGroups, began: Moment) -> Bool {
        stamps.withLock { $0.mayStore(stamp, groups, began: began) } == .allowed
    }

    /// Nothing of these groups is used any more, nor stored where it was asked for before now.
    func invalidate(_ groups: CacheGroups) { stamps.withLock { $0.bump(groups) } }

    /// A write may take effect yet: what is asked for before this moment is not stored.
    func hold(_ groups: CacheGroups, until moment: Moment) { stamps.withLock { $0.hold(groups, until: moment) } }

    // MARK: fetches

    func join(
        _ key: CacheKey, stamp: CacheStamp, now: Moment, _ waiter: LoopWaiter<FlightOutcome>,
        on loop: any EventLoop
    ) -> FlightIndex.Join {
        let bound = NIOLoopBound(waiter, eventLoop: loop)
        return shard(of: key).shard.withLock { shard in
            shard.flights.join(key.bytes.span, hash: key.hash, stamp: stamp, now: now, waiter: bound)
        }
    }

    func refresh(_ key: CacheKey, stamp: CacheStamp, now: Moment) -> FlightID? {
        shard(of: key).shard.withLock {
            $0.flights.refresh(key.bytes.span, hash: key.hash, stamp: stamp, now: now)
        }
    }

    func landed(_ flight: FlightID, of key: CacheKey, _ outcome: FlightOutcome, now: Moment) {
        wake(shard(of: key).shard.withLock { $0.flights.landed(flight, outcome, now: now) }, outcome)
    }

    func cancel(_ waiter: FlightWaiterID, of key: CacheKey) {
        _ = shard(of: key).shard.withLock { $0.flights.cancel(waiter) }
    }

    /// Fetches whose time is over are waited for no longer.
    func expire(now: Moment) {
        for guarded in shards {
            wake(guarded.shard.withLock { $0.flights.expire(now: now) }, .failed)
        }
    }

    private func wake(_ waiters: [NIOLoopBound<LoopWaiter<FlightOutcome>>], _ outcome: FlightOutcome) {
        for waiter in waiters { waiter.eventLoop.execute { waiter.value.tell(outcome) } }
    }

    // MARK: numbers

    package struct Numbers: Sendable, Equatable {
        package var entries = 0
        package var bytes = 0
        package var evictions = 0
        package var waiting = 0
    }

    package var numbers: Numbers {
        var sum = Numbers()
        for guarded in shards {
            let (counts, waiting) = guarded.shard.withLock { ($0.entries.counts, $0.flights.size.waiting) }
            sum.entries += counts.entries
            sum.bytes += counts.bytes
            sum.evictions += counts.evictedFromSmall + counts.evictedFromMain
            sum.waiting += waiting
        }
        return sum
    }
}
