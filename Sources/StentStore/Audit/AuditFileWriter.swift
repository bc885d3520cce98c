import StentAudit
import StentModel
import Synchronization

/// How the writer ended.
package struct AuditShutdown: Sendable, Equatable {
    /// Everything was written and flushed to the disk.
    package var isComplete: Bool
    /// Lines that were given up; where the writer hung in the kernel, those that it still held are not among them.
    package var linesLost: Int

    package init(isComplete: Bool, linesLost: Int) {
        self.isComplete = isComplete
        self.linesLost = linesLost
    }
}

/// The one writer of the audit trail's files: a thread that takes what the workers hand over and appends it to
/// `audit.jsonl`.
///
/// All its methods may be called from any thread.
package final class AuditFileWriter: Sendable {
    /// Room for what 20,000 exchanges in flight, the default limit of connections, still have to say once the queue is
    /// full.
    package static let defaultReserve = ByteCount.mebibytes(16)

    private let queue: AuditQueue
    private let wallNanoseconds: @Sendable () -> Int64
    private let thread: Mutex<WriterThread?>

    /// Opens the trail and starts the writer.
    ///
    /// - Parameters:
    ///   - directory: made where it is missing, and held by this process until `shutdown`.
    ///   - seals: with which the trail is sealed; without, it is chained only.
    ///   - reserve: bytes beyond `settings.queue` for exchanges that were already let in.
    ///   - retryPause: time between two tries while nothing can be written.
    ///   - calls: the system's, except in tests.
    ///   - onStatus: hears what the log should say, on the writer's threads.
    /// - Throws: `AuditStoreError` where directory or file can't be used, or another process uses them.
    package init(
        directory: String, settings: AuditSettings, seals: AuditSealKeys? = nil, reserve: ByteCount = defaultReserve,
        retryPause: Duration = .milliseconds(250), calls: FileCalls = .system,
        onStatus: @escaping @Sendable (AuditWriterStatus) -> Void
    ) throws(AuditStoreError) {
        var held = try AuditDirectory(path: directory)
        let queue = AuditQueue(settings: settings, reserve: reserve)
        var opened: LiveFile?
        do throws(AuditStoreError) {
            var live = try LiveFile(path: held.livePath, calls: calls)
            opened = live
            held.sync()
            let keys = [seals?.current.publicKey, seals?.previous?.publicKey].compactMap { $0 }
            let resume = try AuditResume(&held, live: &live, keys: keys, calls: calls)
            let sealing = seals.map { seals in
                AuditSealWriter(
                    key: seals.current, previous: seals.previous, trail: resume.trail ?? .random(),
                    path: held.sealPath, sequence: resume.seal?.sequence ?? 0)
            }
            let loop = AuditWriterLoop(
                queue: queue, directory: held, live: live, resume: resume, sealing: sealing, calls: calls,
                retryPause: TimeSpan(retryPause), onStatus: onStatus)
            thread = Mutex(try WriterThread(name: "stent-audit", path: directory) { loop.run() })
        } catch {
            opened?.close()
            held.unlock()
            throw error
        }
        self.queue = queue
        wallNanoseconds = calls.wallNanoseconds
    }

    deinit {
        // Without `shutdown`: what waits is still written, but nobody learns whether it was.
        guard let thread = thread.withLock({ $0.take() }) else { return }
        queue.askToStop(by: .monotonic())
        thread.abandon()
    }

    /// A way into the trail for one event loop.
    package func makeTrail() -> WorkerAuditTrail { WorkerAuditTrail(queue: queue) }

    /// Whether new exchanges are let in, as far as the writer knows: for `/readyz`.
    package var accepts: Bool { queue.accepts(holding: 0) }

    /// Whether those that change nothing are.
    package var acceptsReads: Bool { queue.servesReads.load(ordering: .relaxed) || accepts }

    /// Appends the line of an event that happens now.
    package func record(_ name: EventRecord.Name, details: [EventRecord.Detail] = []) {
        let event = EventRecord(name, time: WallTime(nanoseconds: wallNanoseconds()), details: details)
        var line: [UInt8] = []
        AuditLine.append(event, to: &line)
        queue.handOverLine(line)
    }

    /// Closes the live file and opens its path anew, soon and on the writer's thread: for an outside logrotate (SIGUSR1).
    package func reopen() {
        queue.askToReopen()
    }

    /// Takes changed settings; the directory is not among them, it is held for the life of the process.
    package func adopt(_ settings: AuditSettings) {
        queue.adopt(settings)
    }

    /// The figures for `/metrics`.
    package var metrics: AuditMetrics {
        var metrics = AuditMetrics()
        metrics.linesWritten = queue.linesWritten.load(ordering: .relaxed)
        metrics.bytesWritten = queue.bytesWritten.load(ordering: .relaxed)
        metrics.queueBytes = queue.bytes.load(ordering: .relaxed)
        metrics.linesDropped = queue.linesDropped.load(ordering: .relaxed)
        metrics.writeErrors = queue.errors.load(ordering: .relaxed)
        metrics.rotations = queue.rotations.load(ordering: .relaxed)
        metrics.isFailing = queue.isFailing.load(ordering: .relaxed)
        let figures = queue.figures
        metrics.segments = figures.segments.load(ordering: .relaxed)
        metrics.segmentBytes = figures.segmentBytes.load(ordering: .relaxed)
        metrics.segmentsAgedOut = figures.segmentsAgedOut.load(ordering: .relaxed)
        metrics.segmentsCompressed = figures.segmentsCompressed.load(ordering: .relaxed)
        metrics.sequence = figures.sequence.load(ordering: .relaxed)
        metrics.sealSequence = figures.sealSequence.load(ordering: .relaxed)
        metrics.sealTime = figures.sealTime.load(ordering: .relaxed)
        metrics.syncs = figures.syncs.load(ordering: .relaxed)
        metrics.syncNanoseconds = figures.syncNanoseconds.load(ordering: .relaxed)
        metrics.longestSyncNanoseconds = figures.longestSync.load(ordering: .relaxed)
        let free = figures.freeBytes.load(ordering: .relaxed)
        metrics.freeBytes = free < 0 ? nil : free
        return metrics
    }

    /// Writes all that was handed over, flushes it to the disk, closes the files and lets the directory go.
    ///
    /// Blocks the calling thread. Every trail must have been flushed before; what is handed over later is lost and
    /// counted.
    ///
    /// - Parameter limit: after this much time, what can't be written is given up. A call that hangs in the kernel is
    ///   waited for one second longer, then the thread is left to itself.
    package func shutdown(within limit: Duration) -> AuditShutdown {
        guard let thread = thread.withLock({ $0.take() }) else { return AuditShutdown(isComplete: false, linesLost: 0) }
        let lostBefore = queue.linesDropped.load(ordering: .relaxed)
        let deadline = Moment.monotonic().advanced(by: TimeSpan(limit))
        queue.askToStop(by: deadline)
        let (hasEnded, isComplete) = queue.monitor.wait(until: deadline.advanced(by: .seconds(1))) {
            $0.hasEnded
        } then: {
            ($0.hasEnded, $0.endedWell)
        }
        if hasEnded { thread.join() } else { thread.abandon() }
        let lost = queue.linesDropped.load(ordering: .relaxed) - lostBefore
        return AuditShutdown(isComplete: hasEnded && isComplete && lost == 0, linesLost: lost)
    }
}
