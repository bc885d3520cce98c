import StentExchange
import StentModel
import Synchronization

/// Whole lines on their way to the writer.
struct AuditBatch: Sendable {
    var bytes: [UInt8]
    var lines: Int
}

/// Somebody who waits until what was recorded is durable.
struct AuditWaiter: Sendable {
    /// Called once.
    let tell: @Sendable (AuditCommit) -> Void
}

/// What the workers and the writer share: filled buffers one way, empty ones the other, and how full it all is.
///
/// Memory is bounded by bytes, not by buffers: while the writer is behind, a small hand-over is copied to the end of the
/// last waiting buffer, so that a waiting buffer is at least half full and the queue takes at most twice its bytes.
final class AuditQueue: Sendable {
    /// Size of a worker's buffer.
    static let bufferSize = 256 << 10
    /// Lines shorter than this never make a buffer grow, because it is handed over before.
    static let headroom = 64 << 10
    /// Of the reserve, what refusals may take, so that they can't use up the room of exchanges that were let in.
    static let refusalReserve = 1 << 20

    struct State: Sendable {
        var waiting: [AuditBatch] = []
        var free: [[UInt8]] = []
        /// The writer has nothing to do and must be woken.
        var writerWaits = false
        var reopenAsked = false
        /// They wait until all that was handed over so far is durable.
        var waiters: [AuditWaiter] = []
        /// When the writer gives up what it can't write; set when it is asked to stop.
        var stopDeadline: Moment?
        /// The writer takes nothing any more.
        var isClosed = false
        /// The writer's files are closed, and its thread ends.
        var hasEnded = false
        /// Nothing was given up, and the disk has it.
        var endedWell = false
    }

    let monitor = Monitor(State())
    /// Bytes handed over and not yet written.
    let bytes = Atomic(0)
    let isFailing = Atomic(false)
    /// Bytes beyond which no new exchange is let in.
    let capacity: Atomic<Int>
    /// What is in force; the directory of it is never looked at.
    let settings: Mutex<AuditSettings>
    /// Reads are let in although the trail can't be written.
    let servesReads: Atomic<Bool>
    /// Answers wait until their record is durable.
    let isAwaited: Atomic<Bool>
    /// Bytes beyond `capacity` for exchanges that were already let in.
    let reserve: Int

    let linesWritten = Atomic(0)
    let bytesWritten = Atomic(0)
    let linesDropped = Atomic(0)
    let errors = Atomic(0)
    let rotations = Atomic(0)
    let figures = AuditFigures()

    init(settings: AuditSettings, reserve: ByteCount) {
        capacity = Atomic(settings.queue.value)
        servesReads = Atomic(settings.whenUnwritable.reads == .serve)
        isAwaited = Atomic(settings.durability == .every)
        self.settings = Mutex(settings)
        self.reserve = reserve.value
    }

    func adopt(_ settings: AuditSettings) {
        capacity.store(settings.queue.value, ordering: .relaxed)
        servesReads.store(settings.whenUnwritable.reads == .serve, ordering: .relaxed)
        isAwaited.store(settings.durability == .every, ordering: .relaxed)
        self.settings.withLock { $0 = settings }
    }

    /// Whether new exchanges are let in, for a worker that itself holds `held` bytes.
    func accepts(holding held: Int) -> Bool {
        !isFailing.load(ordering: .relaxed)
            && bytes.load(ordering: .relaxed) + held < capacity.load(ordering: .relaxed)
    }

    /// Whether there is room for one more line.
    func hasRoom(holding held: Int, isRefusal: Bool) -> Bool {
        let limit = capacity.load(ordering: .relaxed) + (isRefusal ? min(reserve, Self.refusalReserve) : reserve)
        return bytes.load(ordering: .relaxed) + held < limit
    }

    /// Takes what a worker has collected, and who waits for it, and leaves it an empty buffer.
    func handOver(
        _ buffer: inout [UInt8], lines: inout Int, waiters: [AuditWaiter] = [], keepsBuffer: Bool = true
    ) {
        guard !buffer.isEmpty || !waiters.isEmpty else { return }
        let count = buffer.count
        bytes.add(count, ordering: .relaxed)
        let (taken, wakes) = monitor.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (false, false) }
            state.waiters.append(contentsOf: waiters)
            if count == 0 {
                // Who waits for lines that were handed over before.
            } else if count <= Self.bufferSize / 2, let last = state.waiting.indices.last,
                state.waiting[last].bytes.count + count <= Self.bufferSize
            {
                state.waiting[last].bytes.append(contentsOf: buffer)
                state.waiting[last].lines += lines
                buffer.removeAll(keepingCapacity: true)
            } else {
                var other = state.free.popLast() ?? []
                swap(&other, &buffer)
                state.waiting.append(AuditBatch(bytes: other, lines: lines))
            }
            let wakes = state.writerWaits
            state.writerWaits = false
            return (true, wakes)
        }
        if !taken {
            bytes.subtract(count, ordering: .relaxed)
            linesDropped.add(lines, ordering: .relaxed)
            buffer.removeAll(keepingCapacity: true)
            for waiter in waiters { waiter.tell(.lost) }
        }
        lines = 0
        if wakes { monitor.broadcast() }
        if keepsBuffer { buffer.reserveCapacity(Self.bufferSize) }
    }

    /// Takes one line from wherever it comes.
    func handOverLine(_ line: [UInt8]) {
        var line = line
        var lines = 1
        handOver(&line, lines: &lines, keepsBuffer: false)
    }

    /// Asks the writer to open its file anew.
    func askToReopen() {
        monitor.withLock { state in
            state.reopenAsked = true
            state.writerWaits = false
        }
        monitor.broadcast()
    }

    /// What the writer is to do next.
    struct Work {
        var reopens: Bool
        /// It was asked to stop, and when it gives up.
        var stopDeadline: Moment?
    }

    /// Waits for work, or until `moment`, and moves all that waits into `batches` and `waiters`, which must be empty.
    func take(_ batches: inout [AuditBatch], _ waiters: inout [AuditWaiter], until moment: Moment) -> Work {
        monitor.withLock { $0.writerWaits = true }
        return monitor.wait(until: moment) { state in
            !state.waiting.isEmpty || !state.waiters.isEmpty || state.reopenAsked || state.stopDeadline != nil
        } then: { state in
            state.writerWaits = false
            swap(&state.waiting, &batches)
            swap(&state.waiters, &waiters)
            return Self.work(&state)
        }
    }

    /// Waits before the next try: until then, or until there is something new to do.
    func pause(until moment: Moment, knowingStop: Bool) -> Work {
        monitor.wait(until: moment) { state in
            state.reopenAsked || (!knowingStop && state.stopDeadline != nil)
        } then: { state in
            Self.work(&state)
        }
    }

    private static func work(_ state: inout State) -> Work {
        defer { state.reopenAsked = false }
        return Work(reopens: state.reopenAsked, stopDeadline: state.stopDeadline)
    }

    /// Asks the writer to stop once all is written, or at `deadline`; an earlier one stands.
    func askToStop(by deadline: Moment) {
        monitor.withLock { state in
            state.stopDeadline = state.stopDeadline.map { min($0, deadline) } ?? deadline
            state.writerWaits = false
        }
        monitor.broadcast()
    }

    /// Closes the queue unless something waits; from then on nothing is taken.
    func closeIfEmpty() -> Bool {
        monitor.withLock { state in
            state.isClosed = state.waiting.isEmpty && state.waiters.isEmpty
            return state.isClosed
        }
    }

    /// Gives written buffers back to the workers and empties `batches`, keeping its memory.
    func recycle(_ batches: inout [AuditBatch]) {
        monitor.withLock { state in
            while let batch = batches.popLast() {
                var buffer = batch.bytes
                // A few are kept for the next bursts; what a standstill made beyond that, or a giant line, goes back.
                guard state.free.count < 16, buffer.capacity <= 2 * Self.bufferSize else { continue }
                buffer.removeAll(keepingCapacity: true)
                state.free.append(buffer)
            }
        }
    }
}
