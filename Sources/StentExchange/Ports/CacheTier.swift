import StentPolicy

/// Copies on a disk, under those in memory: found where memory has none, and there again after a clean stop.
///
/// Callable from any thread; no call waits for the disk. An answer comes on a thread of the tier's (where it has no room, or
/// was shut down: on the caller's, before the call returns), exactly once. How long a disk takes is not bounded: whoever
/// waits for an answer has a time limit of its own.
///
/// Closures that don't escape are called under the tier's lock: they are quick, and don't call the tier. Nobody calls the
/// tier holding a lock that such a closure, or the one that tells a copy's standing, takes.
package protocol CacheTier: AnyObject, Sendable {
    /// Takes a copy, instead of the one of the same key and variant that it had. Best effort: where the disk is behind, full
    /// or broken, the copy is dropped, and so is the one it was to replace.
    ///
    /// - Parameter mayBeKept: asked in the same instant in which the copy comes within reach of `forget`, so that a purge
    ///   that is under way misses none that it is to keep out.
    func keep(_ copy: CacheTierCopy, if mayBeKept: () -> Bool)

    /// What it has of a key. Nothing is read for it.
    ///
    /// - Parameter isMeant: whether a copy with this variant is for the request; asked of each, the newest first.
    func find(_ key: CacheTierKey, where isMeant: (_ variant: [UInt8]) -> Bool) -> CacheTierFound

    /// Reads what `find` found.
    ///
    /// - Parameter answer: hears the payload as it was kept; `nil` where it is gone, no longer valid, damaged, or can't be
    ///   read, and where too many wait already.
    func read(_ item: CacheTierItem, _ answer: @escaping @Sendable ([UInt8]?) -> Void)

    /// Removes all variants of a key.
    func forget(_ key: CacheTierKey)

    /// Removes the copies of all keys that are meant, also those that are not written yet; takes as long as there are copies,
    /// with the lock free in between. Those kept meanwhile may stay.
    ///
    /// - Returns: how many they were.
    @discardableResult
    func forget(where isMeant: (_ key: [UInt8]) -> Bool) -> Int

    /// Removes all copies.
    func removeAll()

    var numbers: CacheTierNumbers { get }
}

/// What a copy is found by, compared in full.
package struct CacheTierKey: Sendable {
    package let bytes: [UInt8]
    /// Of this process (`CacheHash`).
    package let hash: UInt64

    package init(_ key: CacheKey) {
        bytes = key.bytes
        hash = key.hash
    }

    /// - Parameter bytes: of a key of an earlier process.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        hash = CacheHash.of(bytes.span)
    }
}

/// What a copy depends on. It means nothing to another process.
package struct CacheTierMark: Sendable {
    package var stamp: CacheStamp
    package var groups: CacheGroups

    package init(stamp: CacheStamp, groups: CacheGroups) {
        self.stamp = stamp
        self.groups = groups
    }
}

/// How a copy stands with what was written and purged since; asked of the tier's owner. A stale one is used as long as this
/// process lives, which knows that it is, and not carried over to the next.
package typealias CacheTierStanding = CacheStamps.Standing

/// A copy on its way to the disk.
package struct CacheTierCopy: Sendable {
    package var key: CacheTierKey
    /// What tells the copies of one key apart; empty where there is but one.
    package var variant: [UInt8]
    /// What the owner wants to know of the copy without reading it, also in the next process. It takes memory.
    package var label: [UInt8]
    package var mark: CacheTierMark
    /// Bytes of the payload: what counts while it waits.
    package var bytes: Int
    /// Gives the payload; called on the tier's thread, at most once.
    package var payload: @Sendable () -> [UInt8]

    package init(
        key: CacheTierKey, variant: [UInt8], label: [UInt8], mark: CacheTierMark, bytes: Int,
        payload: @escaping @Sendable () -> [UInt8]
    ) {
        self.key = key
        self.variant = variant
        self.label = label
        self.mark = mark
        self.bytes = bytes
        self.payload = payload
    }
}

/// What the tier has of a key.
package enum CacheTierFound: Sendable {
    case copy(CacheTierItem)
    /// Something is there for the key, but nothing that is meant.
    case otherVariant
    case nothing
}

/// A copy that is there, as long as nobody removes it.
package struct CacheTierItem: Sendable {
    /// Where the index has it.
    package let number: Int
    /// Tells it from others that had the number before it, or have it later.
    package let serial: UInt64
    package let label: [UInt8]
    package let mark: CacheTierMark
    package let standing: CacheTierStanding
    /// On the disk, with what is around the payload.
    package let bytes: Int
}

/// The figures of the tier at one moment; what is counted is since the start.
package struct CacheTierNumbers: Sendable, Equatable {
    /// Copies that can be read.
    package var copies = 0
    /// Bytes of files.
    package var bytes = 0
    /// Bytes of memory that keys and labels take, roughly.
    package var indexBytes = 0
    /// Bytes that wait to be written, with what is around them.
    package var waiting = 0
    /// Copies read and given.
    package var hits = 0
    /// Copies that were not what had been written, or could not be read.
    package var damaged = 0
    /// Copies not written: no room in the queue or the index, too large, or the disk did not take them.
    package var dropped = 0
    /// Copies removed to make room for others.
    package var evicted = 0
    /// Reads that found too many others waiting.
    package var readsRefused = 0
    /// Calls that failed while writing.
    package var writeErrors = 0
    /// Nothing can be written at present.
    package var isFailing = false

    package init() {}
}
