import Glibc
import StentAudit
import StentModel

/// What the writer's thread does: takes batches, writes them whole, rotates at line boundaries, stands still while the
/// disk takes nothing and goes on exactly where it stopped.
///
/// Confined to that thread once it runs. It is also where the hash chain will be computed: here alone the lines of all
/// workers have an order.
final class AuditWriterLoop {
    private let queue: AuditQueue
    private var directory: AuditDirectory
    private var live: LiveFile
    private let calls: FileCalls
    private let retryPause: TimeSpan
    private let onStatus: (AuditWriterStatus) -> Void

    /// Event lines of the writer itself, written where the next line may begin.
    private var ownLines = AuditBatch(bytes: [], lines: 0)
    private var stopDeadline: Moment?
    /// The time to stop is over and the disk takes nothing: what is left is lost.
    private var hasGivenUp = false
    /// What keeps the writer from writing, and since when.
    private var standstill: (error: AuditStoreError, since: Moment)?
    /// A rotation that failed is not tried again before.
    private var nextRotation = Moment(nanoseconds: 0)
    private var droppedReported = 0
    private var syncFailed = false

    init(
        queue: AuditQueue, directory: AuditDirectory, live: LiveFile, calls: FileCalls, retryPause: TimeSpan,
        onStatus: @escaping @Sendable (AuditWriterStatus) -> Void
    ) {
        self.queue = queue
        self.directory = directory
        self.live = live
        self.calls = calls
        self.retryPause = retryPause
        self.onStatus = onStatus
    }

    /// Runs until it is asked to stop and has nothing left to write.
    func run() {
        noteRepair()
        var batches: [AuditBatch] = []
        repeat {
            writeOwnLines()
            let work = queue.take(&batches)
            stopDeadline = work.stopDeadline
            if work.reopens { reopen() }
            for index in batches.indices { write(batches[index], mayRotate: true) }
            noteDropped()
            writeOwnLines()
            queue.recycle(&batches)
        } while stopDeadline == nil || !queue.closeIfEmpty()
        while !ownLines.bytes.isEmpty { writeOwnLines() }  // writing them may end a standstill, which is one more line
        end()
    }

    /// Writes whole lines, or what is left of them after a part was taken; returns when all is written or given up.
    private func write(_ batch: borrowing AuditBatch, mayRotate: Bool) {
        let bytes = batch.bytes
        var offset = 0
        while offset < bytes.count {
            guard !hasGivenUp else { return giveUp(batch, from: offset) }
            let end = mayRotate ? endOfPart(of: bytes, from: offset) : bytes.count
            guard end > offset else {
                rotate()
                continue
            }
            let result = bytes[offset..<end].withUnsafeBytes { calls.write(live.descriptor, $0) }
            switch result {
            case .value(let count) where count > 0 && count <= end - offset:
                live.advance(by: bytes[offset..<offset + count])
                if mayRotate { live.holdsRecords = true }
                offset += count
                queue.bytes.subtract(count, ordering: .relaxed)
                queue.bytesWritten.add(count, ordering: .relaxed)
            case .failure(EINTR): continue
            case .failure(let code): offset -= standStill(code)
            case .value: offset -= standStill(ENOSPC)  // a file system that takes nothing without saying why
            }
        }
        queue.linesWritten.add(batch.lines, ordering: .relaxed)
        if standstill != nil { goOn() }
    }

    /// Up to where the live file has room, at a line boundary; `offset` itself where it is to be rotated first.
    private func endOfPart(of bytes: [UInt8], from offset: Int) -> Int {
        let room = queue.rotateSize.load(ordering: .relaxed) - live.size
        if bytes.count - offset <= room { return bytes.count }
        if room > 0, let feed = bytes[offset..<offset + room].lastIndex(of: 0x0A) { return feed + 1 }
        if live.isTorn || !live.holdsRecords {  // the rest of a line, or one that is larger than a segment
            return bytes[offset...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
        }
        return .monotonic() >= nextRotation ? offset : bytes.count
    }

    private func writeOwnLines() {
        guard !ownLines.bytes.isEmpty else { return }
        var lines = AuditBatch(bytes: [], lines: 0)
        swap(&lines, &ownLines)
        write(lines, mayRotate: false)
    }

    private func note(_ name: EventRecord.Name, _ details: EventRecord.Detail...) {
        let before = ownLines.bytes.count
        let event = EventRecord(name, time: now, details: details)
        AuditLine.append(event, to: &ownLines.bytes)
        ownLines.lines += 1
        queue.bytes.add(ownLines.bytes.count - before, ordering: .relaxed)
    }

    private var now: WallTime { WallTime(nanoseconds: calls.wallNanoseconds()) }

    /// Waits before the next try; says how many bytes must be written again because the file was changed meanwhile.
    private func standStill(_ code: Int32) -> Int {
        let now = Moment.monotonic()
        let error = AuditStoreError(.write, path: directory.livePath, code: code)
        queue.errors.add(1, ordering: .relaxed)
        queue.isFailing.store(true, ordering: .relaxed)
        if standstill?.error != error { onStatus(.failing(error)) }
        standstill = (error, standstill?.since ?? now)
        if let stopDeadline, now >= stopDeadline {
            hasGivenUp = true
            return 0
        }
        let next = now.advanced(by: retryPause)
        let work = queue.pause(until: min(next, stopDeadline ?? next), knowingStop: stopDeadline != nil)
        stopDeadline = work.stopDeadline
        return work.reopens ? reopen() : 0
    }

    private func goOn() {
        guard let (error, since) = standstill else { return }
        standstill = nil
        queue.isFailing.store(false, ordering: .relaxed)
        note(
            .auditRecovered, .init("cause", .text(error.cause)),
            .init("lasted_ms", .number(Int(Moment.monotonic().since(since).milliseconds))))
        onStatus(.recovered)
    }

    /// Counts what is not written as lost, and leaves whole lines behind.
    private func giveUp(_ batch: borrowing AuditBatch, from offset: Int) {
        let torn = live.size - live.wholeSize
        if !live.truncateToWholeLines() { queue.errors.add(1, ordering: .relaxed) }
        let bytes = batch.bytes
        let written = bytes[..<max(0, offset - torn)].reduce(into: 0) { count, byte in if byte == 0x0A { count += 1 } }
        queue.linesWritten.add(written, ordering: .relaxed)
        queue.linesDropped.add(batch.lines - written, ordering: .relaxed)
        queue.bytes.subtract(bytes.count - offset, ordering: .relaxed)
    }

    private func noteDropped() {
        let dropped = queue.linesDropped.load(ordering: .relaxed)
        guard dropped > droppedReported, standstill == nil, !hasGivenUp else { return }
        note(.auditDropped, .init("lines", .number(dropped - droppedReported)))
        onStatus(.dropped(lines: dropped - droppedReported))
        droppedReported = dropped
    }

    /// Closes the live file under a segment's name and begins a new one.
    ///
    /// Renamed first and opened then, so that a reader who follows the name finds every line in one of the two.
    private func rotate() {
        let segment = directory.nextSegment(at: now)
        switch calls.rename(directory.livePath, segment) {
        case .value: break
        case .failure(ENOENT):  // somebody took the file away; it has no name left to change
            reopen()
            return
        case .failure(let code):
            return postponeRotation(AuditStoreError(.rotate, path: directory.livePath, code: code))
        }
        do throws(AuditStoreError) {
            let next = try LiveFile(path: directory.livePath, calls: calls)
            let bytes = live.size
            replace(by: next)
            queue.rotations.add(1, ordering: .relaxed)
            let name = String(segment.dropFirst(directory.path.utf8.count + 1))
            note(.auditRotated, .init("segment", .text(name)), .init("bytes", .number(bytes)))
            onStatus(.rotated(segment: segment, bytes: bytes))
            writeOwnLines()
        } catch {
            // The open file is written on under its old name again; where even that fails, under the segment's.
            if case .failure = calls.rename(segment, directory.livePath) { queue.errors.add(1, ordering: .relaxed) }
            postponeRotation(error)
        }
    }

    private func postponeRotation(_ error: AuditStoreError) {
        queue.errors.add(1, ordering: .relaxed)
        nextRotation = Moment.monotonic().advanced(by: .seconds(10))
        onStatus(.rotationFailed(error))
    }

    /// Opens the path anew; says how many bytes of an unfinished line were cut off the old file, to be written again.
    @discardableResult
    private func reopen() -> Int {
        let torn = live.size - live.wholeSize
        guard live.truncateToWholeLines() else {
            failReopen(AuditStoreError(.repair, path: directory.livePath, code: errno))
            return 0
        }
        queue.bytes.add(torn, ordering: .relaxed)
        queue.bytesWritten.subtract(torn, ordering: .relaxed)
        do throws(AuditStoreError) {
            replace(by: try LiveFile(path: directory.livePath, calls: calls))
            noteRepair()
            note(.auditReopened, .init("bytes", .number(live.size)))
            onStatus(.reopened)
        } catch {
            failReopen(error)
        }
        return torn
    }

    private func failReopen(_ error: AuditStoreError) {
        queue.errors.add(1, ordering: .relaxed)
        onStatus(.reopenFailed(error))
    }

    private func replace(by next: LiveFile) {
        sync()
        live.close()
        live = next
        directory.sync()
    }

    private func noteRepair() {
        guard live.repaired > 0 else { return }
        note(.auditRepaired, .init("bytes", .number(live.repaired)))
        onStatus(.repaired(path: directory.livePath, bytes: live.repaired))
    }

    private func sync() {
        guard case .failure(let code) = calls.sync(live.descriptor) else { return }
        syncFailed = true
        queue.errors.add(1, ordering: .relaxed)
        onStatus(.syncFailed(AuditStoreError(.sync, path: directory.livePath, code: code)))
    }

    private func end() {
        syncFailed = false
        sync()
        live.close()
        directory.sync()
        directory.unlock()
        let endedWell = !syncFailed && !hasGivenUp
        queue.monitor.withLock { state in
            state.hasEnded = true
            state.endedWell = endedWell
        }
        queue.monitor.broadcast()
    }
}
