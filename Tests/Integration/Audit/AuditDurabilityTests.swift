import Foundation
import StentAudit
import StentExchange
import StentModel
import StentStore
import Synchronization
import Testing

/// A disk whose flushes can be made to fail, and then lose what was written since the last good one.
private final class ForgetfulDisk: Sendable {
    private struct State {
        var failures: Int
        var flushes = 0
        var failed = 0
        /// What is durable of each file, by its inode.
        var durable: [ino_t: [UInt8]] = [:]
    }

    private let state: Mutex<State>
    private let after: Int
    private let loses: Bool

    /// - Parameters:
    ///   - failures: how many flushes fail.
    ///   - after: flushes that succeed before.
    ///   - loses: with a failure goes what the kernel had taken: its pages become zeros.
    init(failures: Int, after: Int = 0, loses: Bool = true) {
        state = Mutex(State(failures: failures))
        self.after = after
        self.loses = loses
    }

    /// How many more flushes fail from now on.
    func fail(_ count: Int) { state.withLock { $0.failures = count == 0 ? 0 : $0.failed + count } }

    var flushes: Int { state.withLock { $0.flushes } }
    var failed: Int { state.withLock { $0.failed } }

    var calls: FileCalls {
        var calls = FileCalls.system
        calls.sync = { [self] descriptor in
            state.withLock { state in
                state.flushes += 1
                var status = stat()
                guard fstat(descriptor, &status) == 0 else { return .failure(EBADF) }
                var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
                let count = pread(descriptor, &bytes, bytes.count, 0)
                bytes.removeLast(bytes.count - max(0, count))
                guard state.flushes > after, state.failed < state.failures else {
                    state.durable[status.st_ino] = bytes
                    return .value(0)
                }
                state.failed += 1
                let durable = state.durable[status.st_ino]?.count ?? 0
                if loses, durable < bytes.count {
                    // O_APPEND would append; a descriptor of its own does not
                    let other = open("/proc/self/fd/\(descriptor)", O_WRONLY)
                    let zeros = [UInt8](repeating: 0, count: bytes.count - durable)
                    pwrite(other, zeros, zeros.count, off_t(durable))
                    close(other)
                }
                return .failure(EIO)
            }
        }
        return calls
    }
}

@Suite(.timeLimit(.minutes(1))) struct AuditDurabilityTests {
    let scratch: ScratchDirectory
    let log = StatusLog()

    init() throws { scratch = try ScratchDirectory() }

    private func writer(_ durability: AuditDurability, calls: FileCalls = .system) throws -> AuditFileWriter {
        var settings = AuditSettings.with()
        settings.durability = durability
        settings.syncInterval = .milliseconds(10)
        return try AuditFileWriter(
            directory: scratch.path, settings: settings, seals: AuditSealKeys(current: testKey),
            retryPause: .milliseconds(1), calls: calls, onStatus: log.listener)
    }

    private func commit(_ trail: WorkerAuditTrail) async -> AuditCommit {
        await withCheckedContinuation { continuation in
            trail.whenDurable { continuation.resume(returning: $0) }
            trail.flush()
        }
    }

    @Test func `who waits is told once the disk has it`() async throws {
        let disk = ForgetfulDisk(failures: 0)
        let writer = try writer(.every, calls: disk.calls)
        let trail = writer.makeTrail()
        #expect(trail.awaitsDurability)
        trail.record(numbered(0), head: RequestHead())
        #expect(await commit(trail) == .durable)
        #expect(disk.flushes > 0)
        #expect(try exchanges(in: scratch.bytes(at: scratch.live)).map(\.number) == [0])
        #expect(writer.metrics.syncs > 0)
        #expect(writer.metrics.longestSyncNanoseconds > 0)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
    }

    @Test func `one flush serves all who wait`() async throws {
        let (entered, leave) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let shared = Held(entered: entered, leave: leave)
        let writer = try writer(.every, calls: shared.calls)
        let trail = writer.makeTrail()
        let told = Counter()
        trail.record(numbered(0), head: RequestHead())
        shared.hold()
        trail.whenDurable { _ in _ = told.next() }
        trail.flush()
        entered.wait()
        let before = shared.count
        for number in 1...50 {
            trail.record(numbered(number), head: RequestHead())
            trail.whenDurable { _ in _ = told.next() }
            trail.flush()
        }
        leave.signal()
        #expect(await commit(trail) == .durable)
        #expect(told.next() == 51)
        #expect(shared.count - before <= 3)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
    }

    @Test func `without the promise nobody waits`() throws {
        let writer = try writer(.interval)
        let trail = writer.makeTrail()
        #expect(!trail.awaitsDurability)
        trail.record(numbered(0), head: RequestHead())
        let told = Counter()
        trail.whenDurable { _ in _ = told.next() }
        #expect(told.next() == 1)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
    }

    @Test func `what has no room is not said to be durable`() async throws {
        var settings = AuditSettings.with(queue: 1)
        settings.durability = .every
        let writer = try AuditFileWriter(
            directory: scratch.path, settings: settings, reserve: ByteCount(0), onStatus: log.listener)
        let trail = writer.makeTrail()
        trail.record(numbered(0), head: RequestHead())
        trail.record(numbered(1), head: RequestHead())
        #expect(await commit(trail) == .lost)
        _ = writer.shutdown(within: .seconds(30))
    }

    @Test func `with interval the file is flushed without anybody asking`() async throws {
        let disk = ForgetfulDisk(failures: 0)
        let writer = try writer(.interval, calls: disk.calls)
        let trail = writer.makeTrail()
        trail.record(numbered(0), head: RequestHead())
        trail.flush()
        while writer.metrics.syncs == 0 { await Task.yield() }
        #expect(try exchanges(in: scratch.bytes(at: scratch.live)).map(\.number) == [0])
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
    }

    @Test(arguments: [AuditDurability.interval, .every], [0, 1, 3])
    func `a flush that fails and loses pages loses no line`(durability: AuditDurability, after: Int) async throws {
        let disk = ForgetfulDisk(failures: 3, after: after)
        let writer = try writer(durability, calls: disk.calls)
        let trail = writer.makeTrail()
        for number in 0..<200 {
            trail.record(numbered(number), head: RequestHead())
            if number % 10 == 0 {
                trail.flush()
                // Each time something new, so that there are as many flushes as are to go well.
                while writer.metrics.syncs < min(after, number / 10), disk.failed == 0 { await Task.yield() }
            }
        }
        trail.flush()
        let isSyncFailure = { (status: AuditWriterStatus) in if case .syncFailed = status { true } else { false } }
        #expect(await log.next(where: isSyncFailure) != nil)
        #expect(await log.next { $0 == .recovered } != nil)
        if durability == .every { #expect(await commit(trail) == .durable) }
        #expect(trail.accepts)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        #expect(disk.failed == 3)
        #expect(try scratch.allExchanges() == Array(0..<200))
        #expect(try scratch.verdict().findings.isEmpty)
        #expect(try scratch.eventNames().filter { $0 == "audit.recovered" }.count == 1)
    }

    @Test func `what a failed flush left open is written into the next file where this one is renamed`() async throws {
        let disk = ForgetfulDisk(failures: 0)
        let writer = try writer(.every, calls: disk.calls)
        let trail = writer.makeTrail()
        for number in 0..<10 { trail.record(numbered(number), head: RequestHead()) }
        #expect(await commit(trail) == .durable)
        disk.fail(1_000_000)
        for number in 10..<20 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        #expect(await log.next { if case .syncFailed = $0 { true } else { false } } != nil)
        let moved = scratch.path + "/audit-20260101T000000.000Z-000001.jsonl"
        try FileManager.default.moveItem(atPath: scratch.live, toPath: moved)
        #expect(await log.next { $0 == .reopened(.moved) } != nil)
        disk.fail(0)
        #expect(await log.next { $0 == .recovered } != nil)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        #expect(try scratch.allExchanges() == Array(0..<20))
        #expect(try scratch.verdict().findings.isEmpty)
    }

    @Test func `who waits while the process is given up is told that it is lost`() async throws {
        var calls = FileCalls.system
        calls.sync = { _ in .failure(EIO) }
        let writer = try writer(.every, calls: calls)
        let trail = writer.makeTrail()
        trail.record(numbered(0), head: RequestHead())
        async let commit = commit(trail)
        #expect(!writer.shutdown(within: .milliseconds(20)).isComplete)
        #expect(await commit == .lost)
    }

    @Test func `reads are served by setting while nothing can be written, writes never`() async throws {
        var settings = AuditSettings.with()
        settings.whenUnwritable.reads = .serve
        let disk = SmallDisk(room: 0)
        let writer = try AuditFileWriter(
            directory: scratch.path, settings: settings, retryPause: .milliseconds(1), calls: disk.calls,
            onStatus: log.listener)
        let trail = writer.makeTrail()
        #expect(await log.next { if case .failing = $0 { true } else { false } } != nil)
        #expect(!trail.accepts)
        #expect(trail.acceptsReads)
        settings.whenUnwritable.reads = .refuse
        writer.adopt(settings)
        #expect(!trail.acceptsReads)
        disk.makeRoom(.max)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
    }
}

/// A disk whose next flush waits until it is let go.
private final class Held: Sendable {
    private let entered: DispatchSemaphore
    private let leave: DispatchSemaphore
    private let isHeld = Atomic(false)
    private let flushes = Atomic(0)

    init(entered: DispatchSemaphore, leave: DispatchSemaphore) {
        self.entered = entered
        self.leave = leave
    }

    var count: Int { flushes.load(ordering: .relaxed) }

    func hold() { isHeld.store(true, ordering: .relaxed) }

    var calls: FileCalls {
        var calls = FileCalls.system
        calls.sync = { [self] descriptor in
            flushes.add(1, ordering: .relaxed)
            if isHeld.exchange(false, ordering: .relaxed) {
                entered.signal()
                leave.wait()
            }
            return FileCalls.system.sync(descriptor)
        }
        return calls
    }
}
