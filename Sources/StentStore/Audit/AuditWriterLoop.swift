import Glibc
import StentAudit
import StentModel

/// What the writer's thread does: takes batches, chains their lines, writes them whole, seals, rotates at line
/// boundaries, stands still while the disk takes nothing and goes on exactly where it stopped.
///
/// Confined to that thread once it runs. The chain is computed here, because here alone the lines of all workers have
/// an order; each line once, and what fails behind that is written again as it is.
final class AuditWriterLoop {
    /// Bytes that are chained and written at a time: few enough for the reserve, many enough for one `write`.
    static let partSize = 256 << 10

    let queue: AuditQueue
    var directory: AuditDirectory
    var live: LiveFile
    let calls: FileCalls
    let retryPause: TimeSpan
    let onStatus: (AuditWriterStatus) -> Void

    var settings: AuditSettings
    var chain: AuditChain
    var unsynced: UnsyncedLines
    var sealing: AuditSealWriter?
    var reserve: AuditReserve
    let compressor: SegmentCompressor
    private let resume: AuditResume

    /// Event lines of the writer itself, not yet chained: written where the next line may begin.
    var ownLines = AuditBatch(bytes: [], lines: 0)
    var waiters: [AuditWaiter] = []
    var stopDeadline: Moment?
    /// The time to stop is over and the disk takes nothing: what is left is lost.
    var hasGivenUp = false
    /// What keeps the writer from writing, and since when.
    var standstill: (error: AuditStoreError, since: Moment)?
    /// A flush failed, and what was written since the one before may not be there, whatever a later one says.
    var isSuspect = false
    /// The reserve was given up, and the trail has yet to say why.
    var hasReleasedReserve = false
    /// The reserve is not held again yet: there is room for the trail's own words only.
    var waitsForRoom = false
    /// A rotation that failed is not tried again before.
    var nextRotation = Moment(nanoseconds: 0)
    var droppedReported = 0
    var syncFailed = false
    /// When the live file was begun, or was last written before it was opened; nanoseconds since 1970.
    var begun: Int64
    var nextSync = Moment.distantFuture
    var nextLook = Moment(nanoseconds: 0)
    var nextUpkeep = Moment(nanoseconds: 0)
    /// The file is looked at just now.
    var isLooking = false
    var isDiskLow = false
    /// The latest reading of the wall clock, and when that was.
    var lastReading: (wall: Int64, at: Moment)

    init(
        queue: AuditQueue, directory: AuditDirectory, live: LiveFile, resume: AuditResume, sealing: AuditSealWriter?,
        calls: FileCalls, retryPause: TimeSpan, onStatus: @escaping @Sendable (AuditWriterStatus) -> Void
    ) {
        self.queue = queue
        self.directory = directory
        self.live = live
        self.resume = resume
        self.sealing = sealing
        self.calls = calls
        self.retryPause = retryPause
        self.onStatus = onStatus
        settings = queue.settings.withLock { $0 }
        chain = resume.chain
        unsynced = UnsyncedLines(base: live.size)
        reserve = AuditReserve(path: directory.reservePath, size: settings.reserve.value, calls: calls)
        compressor = SegmentCompressor(directory: directory.path, figures: queue.figures, onStatus: onStatus)
        lastReading = (calls.wallNanoseconds(), .monotonic())
        begun = live.holdsRecords ? min(live.changed, lastReading.wall) : lastReading.wall
    }

    /// Runs until it is asked to stop and has nothing left to write.
    func run() {
        begin(resume)
        var batches: [AuditBatch] = []
        repeat {
            writeOwnLines()
            let work = queue.take(&batches, &waiters, until: nextDeadline())
            stopDeadline = work.stopDeadline
            settings = queue.settings.withLock { $0 }
            if work.reopens { reopen(.asked) }
            for index in batches.indices { write(batches[index]) }
            tick()
            noteDropped()
            writeOwnLines()
            commit()
            queue.recycle(&batches)
        } while stopDeadline == nil || !queue.closeIfEmpty()
        while !ownLines.bytes.isEmpty { writeOwnLines() }  // writing them may end a standstill, which is one more line
        end()
    }

    /// Chains and writes a batch; returns when all is written or given up.
    private func write(_ batch: borrowing AuditBatch) {
        let bytes = batch.bytes
        var offset = 0
        var taken = 0
        while offset < bytes.count {
            guard !hasGivenUp else {
                queue.linesDropped.add(batch.lines - taken, ordering: .relaxed)
                queue.bytes.subtract(bytes.count - offset, ordering: .relaxed)
                return
            }
            guard let room = roomForNextLine(of: bytes, from: offset) else {
                rotate()
                continue
            }
            let start = offset
            var lines = 0
            offset = chain.append(bytes, from: offset, room: room, count: &lines, to: &unsynced.bytes)
            taken += lines
            unsynced.uncounted += lines
            writeOut()
            live.holdsRecords = true
            queue.bytes.subtract(offset - start, ordering: .relaxed)
        }
    }

    /// Bytes that may be chained now, at least one line; `nil` where the live file is to be rotated first.
    private func roomForNextLine(of bytes: [UInt8], from offset: Int) -> Int? {
        let feed = bytes[offset...].firstIndex(of: 0x0A) ?? bytes.count
        let needed = feed - offset + AuditChain.growth
        guard Moment.monotonic() >= nextRotation else { return max(needed, Self.partSize) }
        let left = settings.rotate.size.value - live.size - (sealing == nil ? 0 : AuditSealWriter.longestLine)
        if live.holdsRecords, needed > left { return nil }
        return max(needed, min(left, Self.partSize))
    }

    func writeOwnLines() {
        guard !ownLines.bytes.isEmpty else { return }
        var lines = AuditBatch(bytes: [], lines: 0)
        swap(&lines, &ownLines)
        queue.bytes.subtract(lines.bytes.count, ordering: .relaxed)
        guard !hasGivenUp else {
            queue.linesDropped.add(lines.lines, ordering: .relaxed)
            return
        }
        chain.append(lines.bytes, to: &unsynced.bytes)
        unsynced.uncounted += lines.lines
        writeOut()
    }

    func note(_ name: EventRecord.Name, _ details: EventRecord.Detail...) {
        addOwnLine { AuditLine.append(EventRecord(name, time: now, details: details), to: &$0) }
    }

    func addOwnLine(_ body: (inout [UInt8]) -> Void) {
        let before = ownLines.bytes.count
        body(&ownLines.bytes)
        ownLines.lines += 1
        queue.bytes.add(ownLines.bytes.count - before, ordering: .relaxed)
    }

    var now: WallTime { WallTime(nanoseconds: calls.wallNanoseconds()) }

    private func noteDropped() {
        let dropped = queue.linesDropped.load(ordering: .relaxed)
        guard dropped > droppedReported, standstill == nil, !hasGivenUp else { return }
        note(.auditDropped, .init("lines", .number(dropped - droppedReported)))
        onStatus(.dropped(lines: dropped - droppedReported))
        droppedReported = dropped
    }

    private func end() {
        syncFailed = false
        seal()
        var isDurable = sync()
        if !ownLines.bytes.isEmpty {  // a standstill ended just now
            writeOwnLines()
            isDurable = sync()
        }
        if !isDurable { tellWaiters(.lost) }
        live.close()
        compressor.stop()
        directory.sync()
        directory.unlock()
        let endedWell = isDurable && !syncFailed && !hasGivenUp
        queue.monitor.withLock { state in
            state.hasEnded = true
            state.endedWell = endedWell
        }
        queue.monitor.broadcast()
    }
}
