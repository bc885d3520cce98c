import StentExchange
import StentModel
import Synchronization

/// Copies on a disk that survive a clean stop: encrypted, checksummed, within a bound of bytes; the oldest make room.
///
/// Copies lie in segments that are only appended to; which copy lies where is known in memory, and written down only by
/// `shutdown`. After a kill or a power failure nothing is there: so nothing that was invalidated can come back because the
/// disk had not heard of it. What is altered, cut off, moved or of another run does not open, and is a miss.
///
/// What it can't guard against is somebody who puts back all of its files as they were after an earlier stop.
///
/// All its methods may be called from any thread.
package final class CacheDisk: CacheTier {
    package enum Ending: Sendable {
        /// The next run has what is valid now. Only where nothing can be invalidated any more.
        case keeping
        /// The next run begins with nothing.
        case forgetting
    }

    /// A key to tell callers apart by, the same after a restart: 32 bytes.
    package let callerKey: [UInt8]

    private let settings: CacheDiskSettings
    private let shared: Monitor<CacheDiskState>
    private let reads: Monitor<CacheDiskReader.Queue>
    private let standing: @Sendable (CacheTierMark) -> CacheTierStanding
    private let threads: Mutex<Threads?>

    private struct Threads {
        var writer: WriterThread
        var reader: WriterThread
    }

    /// Opens the tier, before the first request is let in.
    ///
    /// - Parameters:
    ///   - calls: the system's, except in tests.
    ///   - standing: how a copy stands now; called under the tier's lock.
    ///   - resume: called here with each copy that the last run left, the oldest first: what it depends on from now on, or
    ///     `nil` for one that nobody wants any more.
    ///   - onStatus: hears what the log should say, on the tier's threads, and here.
    /// - Throws: `CacheDiskError` where directory or key can't be used, or another process uses them.
    package init(
        _ settings: CacheDiskSettings, calls: CacheDiskCalls = .system,
        standing: @escaping @Sendable (CacheTierMark) -> CacheTierStanding,
        resume: (CacheTierKey, _ variant: [UInt8], _ label: [UInt8]) -> CacheTierMark?,
        onStatus: @escaping @Sendable (CacheDiskStatus) -> Void
    ) throws(CacheDiskError) {
        let opening = try CacheDiskOpening(settings, calls: calls, resume: resume)
        let shared = Monitor(CacheDiskState(opening))
        let reads = Monitor(CacheDiskReader.Queue())
        onStatus(opening.status)
        let writer = CacheDiskWriter(settings, shared, opening, standing: standing, onStatus: onStatus)
        let reader = CacheDiskReader(reads, shared, opening.directory, standing: standing, onStatus: onStatus)
        callerKey = opening.key.callers
        self.settings = settings
        self.shared = shared
        self.reads = reads
        self.standing = standing
        do throws(AuditStoreError) {
            let readerThread = try WriterThread(name: "stent-cache-read", path: settings.directory) { reader.run() }
            do throws(AuditStoreError) {
                let writerThread = try WriterThread(name: "stent-cache", path: settings.directory) { writer.run() }
                threads = Mutex(Threads(writer: writerThread, reader: readerThread))
            } catch {
                Self.close(reads)
                readerThread.join()
                throw error
            }
        } catch {
            opening.directory.unlock()
            throw CacheDiskError(.startThread, path: settings.directory, code: error.code)
        }
    }

    deinit {
        // Without `shutdown`: nobody knows whether all that was invalidated has been told.
        guard let threads = threads.withLock({ $0.take() }) else { return }
        askToStop(.forgetting, by: .monotonic())
        threads.writer.abandon()
        threads.reader.abandon()
    }

    /// Writes what waits and the index, and lets the directory go.
    ///
    /// Blocks the calling thread. From its beginning on nothing is found and nothing is taken.
    ///
    /// - Parameters:
    ///   - ending: `.keeping` only where all that invalidates has ended. Where a request may still be under way, what it
    ///     changes would come back.
    ///   - limit: after this much time, what can't be written is given up. A call that hangs in the kernel is waited for one
    ///     second longer, then the threads are left to themselves.
    /// - Returns: how many copies the next run will find.
    @discardableResult
    package func shutdown(_ ending: Ending, within limit: Duration) -> Int {
        guard let threads = threads.withLock({ $0.take() }) else { return 0 }
        let deadline = Moment.monotonic().advanced(by: TimeSpan(limit))
        askToStop(ending, by: deadline)
        let last = deadline.advanced(by: .seconds(1))
        let (hasEnded, kept) = shared.wait(until: last, for: { $0.hasEnded }, then: { ($0.hasEnded, $0.kept) })
        if hasEnded { threads.writer.join() } else { threads.writer.abandon() }
        if reads.wait(until: last, for: { $0.hasEnded }, then: { $0.hasEnded }) {
            threads.reader.join()
        } else {
            threads.reader.abandon()
        }
        return hasEnded ? kept : 0
    }

    /// Returns once all that was handed over is written or given up, or the time is over. Blocks the calling thread.
    package func settle(within limit: Duration) {
        let deadline = Moment.monotonic().advanced(by: TimeSpan(limit))
        shared.wait(until: deadline, for: { $0.writerWaits || $0.hasEnded }, then: { _ in })
    }

    private func askToStop(_ ending: Ending, by deadline: Moment) {
        shared.withLock { $0.stop = CacheDiskState.Stop(ending: ending, deadline: deadline) }
        shared.broadcast()
        Self.close(reads)
    }

    private static func close(_ reads: Monitor<CacheDiskReader.Queue>) {
        reads.withLock { $0.isClosed = true }
        reads.broadcast()
    }

    // MARK: One copy

    /// What a copy that waits takes beside its payload and names: many without content may wait for one key.
    private static let overhead = 200

    package func keep(_ copy: CacheTierCopy, if mayBeKept: () -> Bool) {
        let wakes = shared.withLock { state -> Bool in
            guard state.stop == nil, mayBeKept() else { return false }
            let names = copy.key.bytes.count + copy.variant.count + copy.label.count
            let bytes = max(0, copy.bytes) + names + Self.overhead
            guard copy.bytes <= settings.segment.value - CacheSegment.overhead, names <= CacheIndexFile.largestItem,
                bytes <= settings.queue.value - min(state.waitingBytes, settings.queue.value)
            else {
                state.index.remove(copy.key, copy.variant)
                state.counts.dropped += 1
                return false
            }
            guard
                let id = state.index.add(copy.key, variant: copy.variant, label: copy.label, mark: copy.mark)
            else {
                state.counts.dropped += 1
                return false
            }
            state.waiting.append(
                CacheDiskState.Waiting(
                    id: id, key: copy.key.bytes, variant: copy.variant, bytes: bytes, payload: copy.payload))
            state.waitingBytes += bytes
            defer { state.writerWaits = false }
            return state.writerWaits
        }
        if wakes { shared.broadcast() }
    }

    package func find(_ key: CacheTierKey, where isMeant: (_ variant: [UInt8]) -> Bool) -> CacheTierFound {
        shared.withLock { state in
            guard state.stop == nil else { return .nothing }
            return state.index.find(key, standing: standing, where: isMeant)
        }
    }

    package func read(_ item: CacheTierItem, _ answer: @escaping @Sendable ([UInt8]?) -> Void) {
        let taken = reads.withLock { queue -> Bool in
            guard !queue.isClosed, queue.count < settings.reads else { return false }
            queue.waiting.append(CacheDiskReader.Request(id: CacheTierIndex.ID(item), answer: answer))
            queue.count += 1
            return true
        }
        if taken {
            reads.broadcast()
        } else {
            shared.withLock { $0.counts.readsRefused += 1 }
            answer(nil)
        }
    }

    package func forget(_ key: CacheTierKey) { shared.withLock { $0.index.remove(key) } }

    // MARK: All copies

    /// Copies that are looked at under one hold of the lock.
    private static let steps = 256

    @discardableResult
    package func forget(where isMeant: (_ key: [UInt8]) -> Bool) -> Int {
        var walk = CacheTierIndex.Walk()
        while shared.withLock({ $0.index.remove(&walk, steps: Self.steps, where: isMeant) }) == .more {}
        return walk.removed
    }

    package func removeAll() {
        // Letting go of it takes as long as there are copies: when the lock is free again.
        _ = shared.withLock { state in
            let old = state.index
            state.index = old.emptied()
            return old
        }
    }

    // MARK: Numbers

    package var numbers: CacheTierNumbers { shared.withLock { $0.numbers } }
}
