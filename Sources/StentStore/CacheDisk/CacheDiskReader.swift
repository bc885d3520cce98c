import StentExchange
import StentModel

/// What the reader's thread does: reads what is asked for, in turn. A thread of its own, so that nobody waits behind what is
/// being written.
///
/// Confined to that thread once it runs.
final class CacheDiskReader {
    struct Request: Sendable {
        var id: CacheTierIndex.ID
        var answer: @Sendable ([UInt8]?) -> Void
    }

    struct Queue: Sendable {
        var waiting: [Request] = []
        /// Also those that are being read.
        var count = 0
        var isClosed = false
        var hasEnded = false
    }

    private let queue: Monitor<Queue>
    private let shared: Monitor<CacheDiskState>
    private let directory: CacheDiskDirectory
    private let standing: (CacheTierMark) -> CacheTierStanding
    private let onStatus: (CacheDiskStatus) -> Void
    /// Causes of damage that were said.
    private var said: [CacheDiskError.Cause] = []

    init(
        _ queue: Monitor<Queue>, _ shared: Monitor<CacheDiskState>, _ directory: CacheDiskDirectory,
        standing: @escaping @Sendable (CacheTierMark) -> CacheTierStanding,
        onStatus: @escaping @Sendable (CacheDiskStatus) -> Void
    ) {
        self.queue = queue
        self.shared = shared
        self.directory = directory
        self.standing = standing
        self.onStatus = onStatus
    }

    /// Runs until the queue is closed; what waits then is refused.
    func run() {
        var isClosed = false
        while !isClosed {
            var requests: [Request] = []
            isClosed = queue.wait(until: nil) {
                !$0.waiting.isEmpty || $0.isClosed
            } then: {
                swap(&requests, &$0.waiting)
                return $0.isClosed
            }
            for request in requests {
                let payload = read(request.id)
                queue.withLock { $0.count -= 1 }
                request.answer(payload)
            }
        }
        queue.withLock { $0.hasEnded = true }
        queue.broadcast()
    }

    private func read(_ id: CacheTierIndex.ID) -> [UInt8]? {
        guard let (entry, segment) = find(id) else { return nil }
        do throws(CacheDiskError) {
            let record = try directory.read(
                entry.place.length, from: segment.descriptor, at: entry.place.offset, .read, segment.name)
            guard
                let payload = segment.open(
                    record, offset: entry.place.offset, key: entry.key, variant: entry.variant)
            else { throw CacheDiskError(.read, path: directory.path(of: segment.name), .altered) }
            // It may have been removed meanwhile.
            guard find(id) != nil else { return nil }
            shared.withLock { $0.counts.hits += 1 }
            return payload
        } catch {
            shared.withLock { state in
                state.index.remove(id)
                state.counts.damaged += 1
            }
            if !said.contains(error.cause) {
                said.append(error.cause)
                onStatus(.damaged(error))
            }
            return nil
        }
    }

    private func find(_ id: CacheTierIndex.ID) -> (CacheTierIndex.Entry, CacheSegment)? {
        shared.withLock { state in
            guard state.stop == nil, let entry = state.index.entry(id, standing: standing),
                let segment = state.segments[entry.place.segment]
            else { return nil }
            return (entry, segment)
        }
    }
}
