import Foundation
import StentAudit
import StentModel
import StentStore
import Testing

@Suite(.timeLimit(.minutes(1))) struct AuditStandstillTests {
    let scratch: ScratchDirectory
    let log = StatusLog()

    init() throws { scratch = try ScratchDirectory() }

    private func writer(
        on disk: SmallDisk, _ settings: AuditSettings = .with(), reserve: Int = 16 << 20
    ) throws -> AuditFileWriter {
        try AuditFileWriter(
            directory: scratch.path, settings: settings, reserve: ByteCount(reserve), retryPause: .milliseconds(1),
            calls: disk.calls, onStatus: log.listener)
    }

    private static func isFailing(_ status: AuditWriterStatus) -> Bool {
        if case .failing = status { true } else { false }
    }

    @Test(arguments: [ENOSPC, EIO, EDQUOT, EFBIG])
    func `a disk that takes nothing stops admission, and afterwards no line is missing or there twice`(
        failure: Int32
    ) async throws {
        let disk = SmallDisk(room: 1_000, failure: failure)
        let writer = try writer(on: disk)
        let trail = writer.makeTrail()
        #expect(trail.accepts)
        for number in 0..<100 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        let failing = await log.next(where: Self.isFailing)
        #expect(failing == .failing(AuditStoreError(.write, path: scratch.live, code: failure)))
        #expect(!trail.accepts)
        #expect(!writer.accepts)
        #expect(try scratch.bytes(at: scratch.live).count == 1_000)
        for number in 100..<200 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        disk.makeRoom(.max)
        #expect(await log.next { $0 == .recovered } != nil)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        #expect(try exchanges(in: scratch.wholeTrail()).map(\.number) == Array(0..<200))
        let hasReserve = failure == ENOSPC || failure == EDQUOT
        let expected = (hasReserve ? ["audit.failing"] : []) + ["audit.recovered"]
        #expect(try events(in: scratch.wholeTrail()).map(\.name) == expected)
        #expect(writer.metrics.writeErrors > 0)
        #expect(writer.metrics.bytesWritten == (try scratch.wholeTrail().count))
    }

    @Test(arguments: [1, 90, 700])
    func `what waits behind a standstill keeps its order, however it was handed over`(linesAtOnce: Int) async throws {
        let disk = SmallDisk(room: 0)
        let writer = try writer(on: disk)
        let trails = [writer.makeTrail(), writer.makeTrail()]
        trails[0].record(numbered(0), head: RequestHead())
        trails[0].flush()
        #expect(await log.next(where: Self.isFailing) != nil)
        for number in 1...3_000 {
            for (worker, trail) in trails.enumerated() {
                trail.record(numbered(number, worker: worker), head: RequestHead())
                if number % linesAtOnce == 0 { trail.flush() }
            }
        }
        for trail in trails { trail.flush() }
        disk.makeRoom(.max)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        let read = try exchanges(in: scratch.wholeTrail())
        #expect(read.filter { $0.worker == 0 }.map(\.number) == Array(0...3_000))
        #expect(read.filter { $0.worker == 1 }.map(\.number) == Array(1...3_000))
        #expect(writer.metrics.linesWritten == 6_002 + (try events(in: scratch.wholeTrail()).count))
    }

    @Test(arguments: [1, 7, 300, 4_096], [64, 5_000])
    func `short and interrupted writes go on in the middle of the line`(largest: Int, rotateSize: Int) throws {
        let disk = SmallDisk(largestWrite: largest, interrupts: 3)
        let writer = try writer(on: disk, .with(rotateSize: rotateSize))
        let trail = writer.makeTrail()
        for number in 0..<100 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        for segment in try scratch.segments() { _ = try lines(in: scratch.bytes(at: segment)) }
        #expect(try exchanges(in: scratch.wholeTrail()).map(\.number) == Array(0..<100))
        #expect(writer.metrics.writeErrors == 0)
    }

    @Test func `a reopen while the disk is full leaves whole lines behind and writes the torn one anew`() async throws {
        let disk = SmallDisk(room: 1_000)
        let writer = try writer(on: disk)
        let trail = writer.makeTrail()
        for number in 0..<20 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        #expect(await log.next(where: Self.isFailing) != nil)
        try FileManager.default.moveItem(atPath: scratch.live, toPath: scratch.path + "/moved")
        writer.reopen()
        #expect(await log.next { if case .reopened = $0 { true } else { false } } != nil)
        disk.makeRoom(.max)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        let moved = try scratch.bytes(at: scratch.path + "/moved")
        #expect(moved.count < 1_000)
        let whole = try exchanges(in: moved) + exchanges(in: scratch.bytes(at: scratch.live))
        #expect(whole.map(\.number) == Array(0..<20))
    }

    @Test func `a shutdown gives up after its time, says how much is lost, and leaves whole lines`() async throws {
        let writer = try writer(on: SmallDisk(room: 1_000))
        let trail = writer.makeTrail()
        for number in 0..<50 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        #expect(await log.next(where: Self.isFailing) != nil)
        let end = writer.shutdown(within: .milliseconds(20))
        let kept = try exchanges(in: scratch.wholeTrail())
        #expect(kept.map(\.number) == Array(0..<kept.count))
        #expect(end == AuditShutdown(isComplete: false, linesLost: 50 - kept.count))
        #expect(writer.metrics.linesWritten == kept.count + 1)
        #expect(writer.metrics.queueBytes == 0)
    }

    @Test func `a full queue refuses, keeps room for those let in, and counts what it drops`() async throws {
        let disk = SmallDisk(room: 0)
        let writer = try writer(on: disk, .with(queue: 200_000), reserve: 100_000)
        let trail = writer.makeTrail()
        var taken = 0
        while writer.metrics.linesDropped == 0 {
            trail.record(numbered(taken), head: RequestHead())
            taken += 1
        }
        taken -= 1
        trail.flush()
        #expect(await log.next(where: Self.isFailing) != nil)
        #expect(!trail.accepts)
        let waiting = writer.metrics.queueBytes
        #expect(waiting >= 300_000 && waiting < 301_000)
        for number in 0..<9 { trail.record(numbered(number), head: RequestHead()) }
        #expect(writer.metrics.linesDropped == 10)
        disk.makeRoom(.max)
        #expect(await log.next { $0 == .dropped(lines: 10) } != nil)
        #expect(trail.accepts)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        let read = try exchanges(in: scratch.wholeTrail()).map(\.number)
        #expect(read == Array(0..<taken))
        let dropped = try events(in: scratch.wholeTrail()).first { $0.name == "audit.dropped" }
        #expect(dropped?.details["lines"] as? Int == 10)
    }

    @Test func `refusals take only their part of the reserve`() throws {
        let writer = try writer(on: SmallDisk(room: 0), .with(queue: 1_000), reserve: 3 << 20)
        let trail = writer.makeTrail()
        func recordUntilDropped(_ reason: Reason) {
            let before = writer.metrics.linesDropped
            while writer.metrics.linesDropped == before {
                trail.record(numbered(0, reason: reason), head: RequestHead())
            }
            trail.flush()
        }
        recordUntilDropped(.admissionAuditUnavailable)
        #expect(abs(writer.metrics.queueBytes - 1_000 - (1 << 20)) < 1_000)
        recordUntilDropped(.exchangeAnswered)
        #expect(abs(writer.metrics.queueBytes - 1_000 - (3 << 20)) < 1_000)
        _ = writer.shutdown(within: .zero)
    }

    @Test func `a live file that can't be renamed grows on, and admission with it`() async throws {
        var calls = FileCalls.system
        calls.rename = { _, _ in .failure(EACCES) }
        let writer = try AuditFileWriter(
            directory: scratch.path, settings: .with(rotateSize: 1_000), calls: calls, onStatus: log.listener)
        let trail = writer.makeTrail()
        for number in 0..<100 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        let status = await log.next { if case .rotationFailed = $0 { true } else { false } }
        #expect(status == .rotationFailed(AuditStoreError(.rotate, path: scratch.live, code: EACCES)))
        #expect(trail.accepts)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        #expect(try scratch.segments().isEmpty)
        #expect(try exchanges(in: scratch.wholeTrail()).map(\.number) == Array(0..<100))
    }

    @Test func `a new file that can't be opened puts the old name back`() async throws {
        var calls = FileCalls.system
        let opened = Counter()
        calls.open = { path, flags in opened.next() == 0 ? FileCalls.system.open(path, flags) : .failure(EMFILE) }
        let writer = try AuditFileWriter(
            directory: scratch.path, settings: .with(rotateSize: 1_000), calls: calls, onStatus: log.listener)
        let trail = writer.makeTrail()
        for number in 0..<100 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        let status = await log.next { if case .rotationFailed = $0 { true } else { false } }
        #expect(status == .rotationFailed(AuditStoreError(.open, path: scratch.live, code: EMFILE)))
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        #expect(try scratch.segments().isEmpty)
        #expect(try exchanges(in: scratch.wholeTrail()).map(\.number) == Array(0..<100))
    }

    @Test func `a flush to the disk that fails makes the shutdown incomplete`() throws {
        var calls = FileCalls.system
        calls.sync = { _ in .failure(EIO) }
        let writer = try AuditFileWriter(
            directory: scratch.path, settings: .with(), calls: calls, onStatus: log.listener)
        #expect(writer.shutdown(within: .milliseconds(20)) == AuditShutdown(isComplete: false, linesLost: 0))
    }
}
