import Glibc
import StentExchange
import StentModel

/// What the writer's thread does: writes what was handed over to the newest segment, removes the oldest where there is no
/// room, stands still while the disk takes nothing, and leaves an index behind when it is told to.
///
/// Confined to that thread once it runs.
final class CacheDiskWriter {
    private let settings: CacheDiskSettings
    private let shared: Monitor<CacheDiskState>
    private let directory: CacheDiskDirectory
    private let key: CacheDiskKey
    private let standing: (CacheTierMark) -> CacheTierStanding
    private let onStatus: (CacheDiskStatus) -> Void

    /// What is on the disk, the oldest first.
    private var files: [CacheDiskFile]
    private var nextNumber: UInt64
    /// The segment that is written to, which is the last of `files`.
    private var current: CacheSegment?
    /// Sealings with the current segment's key; never used twice, also where a record could not be written.
    private var count: UInt64 = 0
    /// Segments that this run has written to.
    private var written: [CacheSegment] = []
    private var failure: CacheDiskError?

    /// Copies that are removed under one hold of the lock.
    private static let steps = 256
    /// Open files. As many as that are there only where writing fails again and again.
    private static let mostFiles = 512

    init(
        _ settings: CacheDiskSettings, _ shared: Monitor<CacheDiskState>, _ opening: CacheDiskOpening,
        standing: @escaping @Sendable (CacheTierMark) -> CacheTierStanding,
        onStatus: @escaping @Sendable (CacheDiskStatus) -> Void
    ) {
        self.settings = settings
        self.shared = shared
        self.standing = standing
        self.onStatus = onStatus
        directory = opening.directory
        key = opening.key
        files = opening.files
        nextNumber = opening.nextNumber
    }

    /// Runs until it is asked to stop.
    func run() {
        do throws(CacheDiskError) { try makeRoom(for: 0) } catch { note(error) }
        while true {
            let (waiting, asked) = take()
            for copy in waiting { write(copy) }
            // Nothing is handed over any more.
            if let asked { return end(asked) }
            // Copies gather, so that whoever hands one over seldom has to wake this thread.
            pause(settings.gathering)
        }
    }

    private func take() -> (waiting: [CacheDiskState.Waiting], stop: CacheDiskState.Stop?) {
        shared.withLock { $0.writerWaits = $0.waiting.isEmpty }
        shared.broadcast()
        return shared.wait(until: nil) {
            !$0.waiting.isEmpty || $0.stop != nil
        } then: { state in
            state.writerWaits = false
            var waiting: [CacheDiskState.Waiting] = []
            swap(&waiting, &state.waiting)
            return (waiting, state.stop)
        }
    }

    private func pause(_ duration: Duration) {
        shared.wait(until: Moment.monotonic().advanced(by: TimeSpan(duration)), for: { $0.stop != nil }, then: { _ in })
    }

    // MARK: One copy

    private func write(_ copy: CacheDiskState.Waiting) {
        let (writing, stop) = shared.withLock { ($0.index.mayWrite(copy.id, standing: standing), $0.stop) }
        guard writing == .wanted else { return shared.withLock { $0.waitingBytes -= copy.bytes } }
        guard !isOver(stop) else { return giveUp(copy) }
        let payload = copy.payload()
        guard payload.count <= settings.segment.value - CacheSegment.overhead else { return giveUp(copy) }
        do throws(CacheDiskError) {
            let place = try append(payload, of: copy)
            shared.withLock { state in
                state.index.place(copy.id, at: place)
                state.waitingBytes -= copy.bytes
                state.counts.bytes = total
            }
            goOn()
        } catch {
            giveUp(copy)
            note(error)
            pause(settings.retryPause)
        }
    }

    /// Whether what waits is not written any more.
    private func isOver(_ stop: CacheDiskState.Stop?) -> Bool {
        guard let stop else { return false }
        switch stop.ending {
        case .forgetting: return true
        case .keeping: return failure != nil || .monotonic() >= stop.deadline
        }
    }

    private func giveUp(_ copy: CacheDiskState.Waiting) {
        shared.withLock { state in
            state.index.remove(copy.id)
            state.waitingBytes -= copy.bytes
            state.counts.dropped += 1
        }
    }

    private func append(
        _ payload: [UInt8], of copy: CacheDiskState.Waiting
    ) throws(CacheDiskError) -> CacheTierPlace {
        let length = payload.count + CacheSegment.overhead
        try makeRoom(for: length)
        let segment = try segment(for: length)
        let offset = files[files.count - 1].size
        count += 1
        guard
            let record = segment.seal(payload, count: count, offset: offset, key: copy.key, variant: copy.variant),
            record.count == length
        else { throw CacheDiskError(.write, path: directory.path(of: segment.name), code: EINVAL) }
        do throws(CacheDiskError) {
            try directory.write(record, to: segment.descriptor, at: offset, .write, segment.name)
        } catch {
            // It may be that this file takes nothing more, as where it has reached the process's limit (EFBIG). An empty one
            // is written over, under another count.
            if offset > 0 { current = nil }
            throw error
        }
        files[files.count - 1].size = offset + length
        return CacheTierPlace(segment: segment.number, offset: offset, length: length)
    }

    /// The one that is written to, if it has room; else a new one.
    private func segment(for length: Int) throws(CacheDiskError) -> CacheSegment {
        if let current, let file = files.last, file.size <= settings.segment.value - length { return current }
        current = nil
        let number = nextNumber
        nextNumber &+= 1
        let name = CacheSegment.name(number)
        let (descriptor, _) = try directory.open(name, O_RDWR | O_CREAT | O_EXCL, for: .createSegment)
        let segment = CacheSegment(number: number, salt: CacheDiskKey.newSalt(), descriptor: descriptor, key)
        shared.withLock { $0.segments[number] = segment }
        files.append(CacheDiskFile(number: number, size: 0))
        written.append(segment)
        current = segment
        count = 0
        return segment
    }

    // MARK: Room

    private var total: Int { files.reduce(0) { $0 + $1.size } }

    private func makeRoom(for length: Int) throws(CacheDiskError) {
        while let oldest = files.first, total > settings.size.value - length || files.count > Self.mostFiles {
            try directory.remove(CacheSegment.name(oldest.number))
            forget(oldest.number)
            files.removeFirst()
        }
        let total = total
        shared.withLock { $0.counts.bytes = total }
    }

    private func forget(_ number: UInt64) {
        while shared.withLock({ $0.index.removeOldest(through: number, steps: Self.steps) }) == .more {}
        if current?.number == number { current = nil }
        written.removeAll { $0.number == number }
        // The last reference goes when the lock is free again: it closes the file.
        _ = shared.withLock { $0.segments.removeValue(forKey: number) }
    }

    // MARK: Failures

    private func note(_ error: CacheDiskError) {
        shared.withLock { state in
            state.counts.writeErrors += 1
            state.counts.isFailing = true
        }
        if failure?.operation != error.operation || failure?.cause != error.cause { onStatus(.failing(error)) }
        failure = error
    }

    private func goOn() {
        guard failure != nil else { return }
        failure = nil
        shared.withLock { $0.counts.isFailing = false }
        onStatus(.recovered)
    }

    // MARK: The end

    private func end(_ stop: CacheDiskState.Stop) {
        var kept = 0
        switch stop.ending {
        case .keeping:
            do throws(CacheDiskError) {
                kept = try keep(until: stop.deadline)
            } catch {
                shared.withLock { $0.counts.writeErrors += 1 }
                onStatus(.notKept(error))
                do throws(CacheDiskError) {
                    try directory.remove(CacheIndexFile.temporary)
                    try directory.remove(CacheIndexFile.name)
                } catch {
                    onStatus(.failing(error))
                }
            }
        case .forgetting:
            // The next run would remove what is left here.
            for file in files {
                do throws(CacheDiskError) { try directory.remove(CacheSegment.name(file.number)) } catch { break }
            }
        }
        directory.unlock()
        shared.withLock { state in
            state.kept = kept
            state.hasEnded = true
        }
        shared.broadcast()
    }

    private func keep(until deadline: Moment) throws(CacheDiskError) -> Int {
        for segment in written where .monotonic() < deadline {
            do throws(CacheDiskError) {
                try directory.sync(segment.descriptor, .sync, segment.name)
            } catch {
                // What did not reach the disk is a miss: the index must not wait for it.
                shared.withLock { $0.counts.writeErrors += 1 }
                onStatus(.syncFailed(error))
            }
        }
        let (index, segments) = shared.withLock { ($0.index, $0.segments) }
        let listed = files.compactMap { segments[$0.number] }
            .map { CacheIndexFile.Segment(number: $0.number, salt: $0.salt) }
        var writer = try CacheIndexWriter.begin(directory, key, segments: listed)
        var kept = 0
        try index.forEach { entry throws(CacheDiskError) in
            guard standing(entry.mark) == .current else { return }
            if kept.isMultiple(of: 1_024), .monotonic() >= deadline {
                throw CacheDiskError(.writeIndex, path: directory.path, code: ETIMEDOUT)
            }
            try writer.append(entry)
            kept += 1
        }
        try writer.finish()
        return kept
    }
}
