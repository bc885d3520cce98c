import StentExchange
import StentModel
import StentPolicy

/// The second tier, under the memory.
extension CacheStore {
    /// Where a copy stands after writes and purges; for the tier to ask.
    package func standing(of mark: CacheTierMark) -> CacheTierStanding {
        stamps.withLock { $0.standing(mark.stamp, mark.groups) }
    }

    /// What a copy of an earlier process depends on from now on.
    ///
    /// - Returns: `nil` where its label can't be read.
    package func mark(ofLabel label: [UInt8]) -> CacheTierMark? {
        guard let groups = StoredCopy.groups(of: label) else { return nil }
        return CacheTierMark(stamp: note(groups), groups: groups)
    }

    /// Before the first request.
    package func attach(_ tier: any CacheTier) { self.tier.withLock { $0 = tier } }

    package var tierNumbers: CacheTierNumbers? { attachedTier?.numbers }

    var attachedTier: (any CacheTier)? { tier.withLock { $0 } }

    /// Hands a copy to the tier.
    ///
    /// - Parameter label: of `StoredCopy`.
    func keep(_ entry: CacheEntry, under key: CacheKey, label: [UInt8], began: Moment, wallOffset: Int64) {
        guard let tier = attachedTier else { return }
        let copy = CacheTierCopy(
            key: CacheTierKey(key), variant: StoredCopy.variant(of: entry), label: label,
            mark: CacheTierMark(stamp: entry.stamp, groups: entry.groups), bytes: entry.size
        ) { StoredCopy.payload(entry, wallOffset: wallOffset) }
        tier.keep(copy) { mayStore(entry.stamp, entry.groups, began: began) }
    }

    /// Takes what was read of the tier, as if it had been here all the time.
    ///
    /// - Returns: whether there is something to look up now.
    func promote(_ payload: [UInt8], of item: CacheTierItem, under key: CacheKey, wallOffset: Int64) -> Bool {
        guard let entry = StoredCopy.entry(payload, wallOffset: wallOffset, item.mark) else { return false }
        return insert(entry, under: key) { standing(of: item.mark) != .invalid } != nil
    }
}
