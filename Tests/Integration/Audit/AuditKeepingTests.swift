import Foundation
import StentAudit
import StentModel
import StentStore
import Synchronization
import Testing

/// A wall clock that is set by hand.
private final class HandClock: Sendable {
    private let nanoseconds: Mutex<Int64>

    init(_ nanoseconds: Int64) { self.nanoseconds = Mutex(nanoseconds) }

    func advance(seconds: Int64) { nanoseconds.withLock { $0 += seconds * 1_000_000_000 } }

    var calls: FileCalls {
        var calls = FileCalls.system
        calls.wallNanoseconds = { [self] in nanoseconds.withLock { $0 } }
        return calls
    }
}

@Suite(.timeLimit(.minutes(1))) struct AuditKeepingTests {
    let scratch: ScratchDirectory
    let log = StatusLog()
    /// 2026-01-01T00:00:00Z
    private let clock = HandClock(1_767_225_600_000_000_000)

    init() throws { scratch = try ScratchDirectory() }

    private func writer(_ settings: AuditSettings) throws -> AuditFileWriter {
        try AuditFileWriter(
            directory: scratch.path, settings: settings, seals: AuditSealKeys(current: testKey),
            retryPause: .milliseconds(1), calls: clock.calls, onStatus: log.listener)
    }

    private func write(_ numbers: Range<Int>, _ settings: AuditSettings) throws {
        let writer = try writer(settings)
        record(numbers, with: writer)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
    }

    private func record(_ numbers: Range<Int>, with writer: AuditFileWriter) {
        let trail = writer.makeTrail()
        for number in numbers { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
    }

    private func isAgedOut(_ status: AuditWriterStatus) -> Bool {
        if case .agedOut = status { true } else { false }
    }

    private func isReopened(_ status: AuditWriterStatus) -> Bool {
        if case .reopened = status { true } else { false }
    }

    @Test func `segments beyond the number are removed, and verification knows`() throws {
        var settings = AuditSettings.with(rotateSize: 4_000)
        settings.keep.segments = 3
        try write(0..<100, settings)
        let files = try scratch.numbered()
        #expect(files.count == 4)
        let verdict = try scratch.verdict()
        #expect(verdict.findings.isEmpty)
        let left = try scratch.allExchanges()
        #expect(try #require(left.first) > 50)
        #expect(left == Array(try #require(left.first)..<100))
        #expect(try #require(verdict.summary.agedOutThrough) > 50)
    }

    @Test func `the oldest go by size, but never below the floor`() throws {
        var settings = AuditSettings.with(rotateSize: 4_000)
        settings.keep.atMost = ByteCount(1)
        settings.keep.floor.segments = 5
        try write(0..<100, settings)
        #expect(try scratch.numbered().count == 6)
        #expect(try scratch.verdict().findings.isEmpty)
    }

    @Test func `segments go by their age, unless the floor is older`() throws {
        var settings = AuditSettings.with(rotateSize: 4_000)
        settings.keep.longest = .seconds(3_600)
        settings.keep.floor.segments = 0
        try write(0..<30, settings)
        let old = try scratch.numbered().dropLast()
        #expect(old.count > 3)
        clock.advance(seconds: 3_601)
        settings.keep.floor.age = .seconds(4_000)
        try write(30..<31, settings)
        #expect(try scratch.numbered().starts(with: old))
        settings.keep.floor.age = .zero
        try write(31..<32, settings)
        #expect(try Set(scratch.numbered()).isDisjoint(with: old))
        #expect(try scratch.verdict().findings.isEmpty)
    }

    @Test func `a flush that fails keeps segments that were to age out`() throws {
        var settings = AuditSettings.with(rotateSize: 4_000)
        try write(0..<30, settings)
        let before = try scratch.numbered()
        settings.keep.segments = 1
        settings.keep.floor.segments = 0
        var calls = clock.calls
        calls.sync = { _ in .failure(EIO) }
        let writer = try AuditFileWriter(
            directory: scratch.path, settings: settings, seals: AuditSealKeys(current: testKey),
            retryPause: .milliseconds(1), calls: calls, onStatus: log.listener)
        _ = writer.shutdown(within: .milliseconds(20))
        #expect(try scratch.numbered() == before)
    }

    @Test func `closed segments but the newest are compressed, and the trail stays whole`() async throws {
        var settings = AuditSettings.with(rotateSize: 4_000)
        settings.rotate.compress = .gzip
        let writer = try writer(settings)
        record(0..<100, with: writer)
        while writer.metrics.linesWritten < 100 || writer.metrics.segmentsCompressed < writer.metrics.rotations - 1 {
            await Task.yield()
        }
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        let files = try scratch.numbered()
        #expect(files.count > 5)
        #expect(files.dropLast(2).allSatisfy { $0.hasSuffix(".jsonl.gz") })
        #expect(writer.metrics.segmentsCompressed == files.count - 2)
        #expect(try scratch.allExchanges() == Array(0..<100))
        #expect(try scratch.verdict().findings.isEmpty)
        let modes = try files.map {
            try FileManager.default.attributesOfItem(atPath: scratch.path + "/" + $0)[.posixPermissions] as? Int
        }
        #expect(modes.allSatisfy { ($0 ?? 0o777) & 0o137 == 0 })
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).allSatisfy { !$0.hasSuffix(".part") })
    }

    @Test func `compressed segments age out as others do`() async throws {
        var settings = AuditSettings.with(rotateSize: 4_000)
        settings.rotate.compress = .gzip
        let first = try writer(settings)
        record(0..<60, with: first)
        while first.metrics.linesWritten < 60 || first.metrics.segmentsCompressed < first.metrics.rotations - 1 {
            await Task.yield()
        }
        #expect(first.shutdown(within: .seconds(30)).isComplete)
        settings.keep.segments = 3
        try write(60..<61, settings)
        #expect(try scratch.numbered().count == 4)
        #expect(try scratch.verdict().findings.isEmpty)
    }

    @Test func `a day's end closes the live file, once there is something in it`() throws {
        let settings = AuditSettings.with()
        try write(0..<3, settings)
        #expect(try scratch.segments().isEmpty)
        // The file's own time is today's; the clock goes beyond it.
        clock.advance(seconds: 20_000 * 86_400)
        try write(3..<4, settings)
        #expect(try scratch.segments().count == 1)
        #expect(try scratch.verdict().findings.isEmpty)
    }

    @Test func `a live file that somebody deletes is there again within a second, and no line is lost`() async throws {
        let writer = try writer(.with())
        record(0..<10, with: writer)
        while writer.metrics.linesWritten < 11 { await Task.yield() }
        try FileManager.default.removeItem(atPath: scratch.live)
        #expect(await log.next(where: isReopened) == .reopened(.deleted))
        record(10..<20, with: writer)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        #expect(try scratch.allExchanges() == Array(0..<20))
        #expect(try scratch.verdict().findings.isEmpty)
        #expect(try scratch.eventNames().contains("audit.reopened"))
    }

    @Test func `a live file that somebody renames is left to them, and a new one goes on`() async throws {
        let writer = try writer(.with())
        record(0..<10, with: writer)
        while writer.metrics.linesWritten < 11 { await Task.yield() }
        let moved = scratch.path + "/audit-20260101T000000.000Z-000001.jsonl"
        try FileManager.default.moveItem(atPath: scratch.live, toPath: moved)
        #expect(await log.next(where: isReopened) == .reopened(.moved))
        record(10..<20, with: writer)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        #expect(try scratch.allExchanges() == Array(0..<20))
        #expect(try scratch.verdict().findings.isEmpty)
    }

    @Test func `a clock that jumps back is told, and segments keep their order`() throws {
        let settings = AuditSettings.with(rotateSize: 4_000)
        let writer = try writer(settings)
        record(0..<30, with: writer)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        let second = try self.writer(settings)
        clock.advance(seconds: -86_400)
        record(30..<60, with: second)
        #expect(second.shutdown(within: .seconds(30)).isComplete)
        #expect(try scratch.allExchanges() == Array(0..<60))
        #expect(try scratch.eventNames().contains("clock.jumped-back"))
        #expect(try scratch.verdict().findings.isEmpty)
    }

    @Test func `little room is told once for each time that it falls`() async throws {
        var settings = AuditSettings.with()
        settings.lowDisk = .gibibytes(1)
        var calls = clock.calls
        calls.freeBytes = { _ in .value(1_000) }
        let writer = try AuditFileWriter(
            directory: scratch.path, settings: settings, calls: calls, onStatus: log.listener)
        #expect(await log.next { $0 == .diskLow(freeBytes: 1_000) } != nil)
        #expect(writer.metrics.freeBytes == 1_000)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        #expect(try scratch.eventNames() == ["audit.disk-low"])
    }
}
