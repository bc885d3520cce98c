import StentExchange
import StentModel

/// What the tier's callers and its threads share, under one lock.
struct CacheDiskState: Sendable {
    /// A copy that waits to be written.
    struct Waiting: Sendable {
        var id: CacheTierIndex.ID
        var key: [UInt8]
        var variant: [UInt8]
        /// What it takes while it waits.
        var bytes: Int
        var payload: @Sendable () -> [UInt8]
    }

    /// What the writer is to do at its end, and when it gives that up.
    struct Stop: Sendable {
        var ending: CacheDisk.Ending
        var deadline: Moment
    }

    var index: CacheTierIndex
    /// All that are on the disk.
    var segments: [UInt64: CacheSegment]
    var waiting: [Waiting] = []
    /// Of what waits, or is being written.
    var waitingBytes = 0
    /// All that was handed over is written or given up; the writer must be woken.
    var writerWaits = false
    /// Once it is set, nothing is taken or found.
    var stop: Stop?
    /// The writer's thread ends.
    var hasEnded = false
    /// Copies that the next run will find.
    var kept = 0
    /// What is not in the index.
    var counts = CacheTierNumbers()

    init(_ opening: CacheDiskOpening) {
        index = opening.index
        segments = opening.segments
        counts.bytes = opening.files.reduce(0) { $0 + $1.size }
    }

    var numbers: CacheTierNumbers {
        var numbers = counts
        numbers.copies = index.copies
        numbers.indexBytes = index.bytes
        numbers.evicted = index.evicted
        numbers.waiting = waitingBytes
        return numbers
    }
}
