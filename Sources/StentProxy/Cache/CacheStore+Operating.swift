import StentModel
import StentPolicy

/// What an operator asks of the cache, in any thread.
extension CacheStore {
    /// How far a purge reaches; in all partitions.
    package enum Reach: Sendable, Equatable {
        /// The path of this target, with any query and suffix.
        case path([UInt8])
        /// A path with any query, and all that is below it.
        case prefix([UInt8])
        case tag([UInt8])
        case everything
    }

    /// What a purge did.
    package enum Purged: Sendable, Equatable {
        /// So many entries.
        case entries(Int)
        /// All that is in so many groups; how many those are is not known, since nobody looked at them.
        case groups(Int)
    }

    /// One entry, as an operator may see it: not whose it is, nor what was asked for under the names in Vary.
    package struct Listed: Sendable {
        package var url: String
        package var status: Int
        /// Of memory.
        package var bytes: Int
        /// Seconds.
        package var age: Int64
        /// Seconds of freshness that are left; negative for a stale entry.
        package var ttl: Int64
        package var standing: CacheStamps.Standing
        package var audience: CacheKey.Audience
        /// Names of the fields that it is told apart by.
        package var varies: [String]
    }

    /// Numbers that are looked at while one lock is held.
    private static let steps = 64

    package var capacity: ByteCount {
        ByteCount(shards.reduce(0) { $0 + $1.shard.withLock { $0.entries.capacity.value } })
    }

    // MARK: purges

    /// In constant time, but for a prefix and for everything. What is being fetched meanwhile is delivered, not stored.
    package func purge(_ reach: Reach, _ purge: CacheStamps.Purge, under snapshot: Snapshot) -> Purged {
        switch reach {
        case .path(let target):
            bump(.read(path: CacheResource.path(of: target, suffixes: snapshot.suffixes).span), purge)
            return .groups(1)
        case .tag(let tag):
            bump(.tagged(tag.span), purge)
            return .groups(1)
        case .prefix(let prefix):
            return .entries(purgePrefix(CacheResource.path(of: prefix, suffixes: snapshot.suffixes), purge, snapshot))
        case .everything:
            return .entries(purgeEverything(purge))
        }
    }

    private func bump(_ groups: CacheGroups, _ purge: CacheStamps.Purge) {
        stamps.withLock { $0.bump(groups, purge) }
    }

    /// What is fetched from now on is of after the purge, so it is kept out of the count, and in the store.
    private func purgeEverything(_ purge: CacheStamps.Purge) -> Int {
        switch purge {
        case .soft:
            stamps.withLock {
                $0.fence()
                $0.bumpEverything(.soft)
            }
            return numbers.entries
        case .hard:
            stamps.withLock { $0.bumpEverything(.hard) }
            attachedTier?.removeAll()
            // It is used no more already; this gives the memory back.
            return walk { _, entry in
                stamps.withLock { $0.standing(entry.stamp, entry.groups) } == .invalid ? .removed : .kept
            }
        }
    }

    private func purgePrefix(_ prefix: [UInt8], _ purge: CacheStamps.Purge, _ snapshot: Snapshot) -> Int {
        stamps.withLock { $0.fence() }
        // An entry can't be marked; its path can.
        var paths: Set<[UInt8]> = []
        var marked = 0
        func judge(_ key: [UInt8]) -> Fate {
            let path = CacheResource.path(of: CacheKey.Parts(key).target, suffixes: snapshot.suffixes)
            guard Self.isBelow(path, prefix) else { return .kept }
            switch purge {
            case .hard: return .removed
            case .soft:
                paths.insert(path)
                marked += 1
                return .kept
            }
        }
        let reached = walk { key, _ in judge(key) } + marked
        attachedTier?.forget { judge($0) == .removed }
        for path in paths { bump(.read(path: path.span), .soft) }
        return reached
    }

    /// Whether a path is this one, or one below it.
    private static func isBelow(_ path: [UInt8], _ prefix: [UInt8]) -> Bool {
        guard path.starts(with: prefix) else { return false }
        return path.count == prefix.count || prefix.last == 0x2F || path[prefix.count] == 0x2F
    }

    // MARK: entries

    /// What is stored of a path, with any query, of whomever; at most so many.
    package func entries(of target: [UInt8], atMost limit: Int, now: Moment, under snapshot: Snapshot) -> [Listed] {
        let path = CacheResource.path(of: target, suffixes: snapshot.suffixes)
        var found: [Listed] = []
        _ = walk { key, entry in
            let parts = CacheKey.Parts(key)
            guard found.count < limit, CacheResource.path(of: parts.target, suffixes: snapshot.suffixes) == path else {
                return .kept
            }
            found.append(
                Listed(
                    url: parts.url, status: entry.status, bytes: entry.size + key.count + ShardIndex.overhead,
                    age: entry.lifetime.age(at: now), ttl: entry.lifetime.freshness(at: now), standing: .current,
                    audience: parts.audience,
                    varies: entry.varyNames.split(separator: 0x2C).map { String(decoding: $0, as: UTF8.self) }))
            found[found.count - 1].standing = stamps.withLock { $0.standing(entry.stamp, entry.groups) }
            return .kept
        }
        return found.sorted { ($0.url, $0.age) < ($1.url, $1.age) }
    }

    private enum Fate {
        case kept
        case removed
    }

    /// Looks at all entries, a few at a time, so that requests get at them in between.
    ///
    /// - Returns: how many were removed.
    private func walk(_ judge: (_ key: [UInt8], CacheEntry) -> Fate) -> Int {
        var removed = 0
        for guarded in shards {
            var walk = CacheShard<CacheEntry>.Walk()
            var progress = CacheShard<CacheEntry>.Walk.Progress.more
            while progress == .more {
                progress = guarded.shard.withLock { shard in
                    shard.entries.remove(&walk, steps: Self.steps) { judge($0, $1) == .removed }
                }
            }
            removed += walk.removed
        }
        return removed
    }
}
