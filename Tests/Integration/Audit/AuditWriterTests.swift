import Dispatch
import Foundation
import StentAudit
import StentModel
import StentStore
import Testing

@Suite struct AuditWriterTests {
    let scratch: ScratchDirectory
    let log = StatusLog()

    init() throws { scratch = try ScratchDirectory() }

    private func writer(_ settings: AuditSettings = .with(), calls: FileCalls = .system) throws -> AuditFileWriter {
        try AuditFileWriter(
            directory: scratch.path, settings: settings, retryPause: .milliseconds(1), calls: calls,
            onStatus: log.listener)
    }

    @Test func `what was recorded and flushed is in the file after a shutdown`() throws {
        let writer = try writer()
        let trail = writer.makeTrail()
        for number in 0..<10 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        #expect(writer.shutdown(within: .seconds(30)) == AuditShutdown(isComplete: true, linesLost: 0))
        #expect(try exchanges(in: scratch.wholeTrail()).map(\.number) == Array(0..<10))
        #expect(writer.metrics.linesWritten == 11)
        #expect(writer.metrics.bytesWritten == (try scratch.wholeTrail().count))
        #expect(writer.metrics.queueBytes == 0)
    }

    @Test func `lines of several workers are all there, whole, and in each worker's order`() throws {
        let writer = try writer()
        record(4, times: 50_000, with: writer)
        #expect(writer.shutdown(within: .seconds(60)).isComplete)
        let read = try exchanges(in: scratch.wholeTrail())
        #expect(read.count == 200_000)
        for worker in 0..<4 {
            #expect(read.lazy.filter { $0.worker == worker }.map(\.number).elementsEqual(0..<50_000))
        }
    }

    @Test func `rotation under load loses nothing, and every segment holds whole lines within its size`() throws {
        let writer = try writer(.with(rotateSize: 256 << 10))
        record(4, times: 5_000, with: writer)
        #expect(writer.shutdown(within: .seconds(60)).isComplete)
        let segments = try scratch.segments()
        #expect(segments.count > 20)
        #expect(writer.metrics.rotations == segments.count)
        for segment in segments {
            let bytes = try scratch.bytes(at: segment)
            #expect(bytes.count <= 256 << 10)
            _ = try lines(in: bytes)
        }
        let read = try exchanges(in: scratch.wholeTrail())
        #expect(read.count == 20_000)
        for worker in 0..<4 {
            #expect(read.lazy.filter { $0.worker == worker }.map(\.number).elementsEqual(0..<5_000))
        }
    }

    @Test func `a line larger than a segment gets a segment to itself`() throws {
        let writer = try writer(.with(rotateSize: 64))
        let trail = writer.makeTrail()
        for number in 0..<5 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        #expect(try scratch.segments().count == 4)
        #expect(try exchanges(in: scratch.wholeTrail()).map(\.number) == Array(0..<5))
    }

    @Test func `a segment's number goes on where an earlier process stopped, compressed segments included`() throws {
        try Data().write(to: URL(fileURLWithPath: scratch.path + "/audit-20250101T000000.000Z-000041.jsonl.gz"))
        try Data().write(to: URL(fileURLWithPath: scratch.path + "/audit-20250101T000000.000Z-000007.jsonl"))
        try Data().write(to: URL(fileURLWithPath: scratch.path + "/audit-notes-000099.txt"))
        var calls = FileCalls.system
        calls.wallNanoseconds = { 1_767_225_600_123_456_789 }
        let writer = try writer(.with(rotateSize: 64), calls: calls)
        let trail = writer.makeTrail()
        for number in 0..<2 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        #expect(try scratch.segments().contains(scratch.path + "/audit-20260101T000000.123Z-000042.jsonl"))
    }

    @Test func `after an outside rename a reopen goes on in a new file, and no line is lost`() async throws {
        let writer = try writer()
        let trail = writer.makeTrail()
        trail.record(numbered(0), head: RequestHead())
        trail.flush()
        try FileManager.default.moveItem(atPath: scratch.live, toPath: scratch.path + "/audit-moved.1")
        writer.reopen()
        #expect(await log.next { $0 == .reopened(.asked) } != nil)
        trail.record(numbered(1), head: RequestHead())
        trail.flush()
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        let moved = try scratch.bytes(at: scratch.path + "/audit-moved.1")
        let live = try scratch.bytes(at: scratch.live)
        #expect(try exchanges(in: moved + live).map(\.number) == [0, 1])
        #expect(try events(in: live).map(\.name) == ["audit.reopened"])
        #expect(try exchanges(in: live).last?.number == 1)
    }

    @Test func `a torn last line of a killed process is cut off, and the trail says how much it was`() throws {
        let whole = #"{"v":1,"time":"2026-01-01T00:00:00.000000Z","event":"start","details":{}}"# + "\n"
        try Data((whole + #"{"v":1,"time":"20"#).utf8).write(to: URL(fileURLWithPath: scratch.live))
        let writer = try writer()
        let trail = writer.makeTrail()
        trail.record(numbered(1), head: RequestHead())
        trail.flush()
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        let events = try events(in: scratch.wholeTrail())
        #expect(events.map(\.name) == ["start", "audit.repaired"])
        #expect(events.last?.details["bytes"] as? Int == 17)
        #expect(try exchanges(in: scratch.wholeTrail()).map(\.number) == [1])
    }

    @Test func `a file that holds no line at all is left alone, and said to be no trail`() throws {
        let foreign = Data(repeating: 0x61, count: (1 << 20) + 1)
        try foreign.write(to: URL(fileURLWithPath: scratch.live))
        let error = #expect(throws: AuditStoreError.self) { try writer() }
        #expect(error?.operation == .repair)
        #expect(try scratch.bytes(at: scratch.live) == [UInt8](foreign))
    }

    @Test func `a second writer on the same directory is told so and harms nothing`() throws {
        let first = try writer()
        let error = #expect(throws: AuditStoreError.self) { try writer() }
        #expect(error?.operation == .lock)
        #expect(error.map(String.init(describing:))?.contains("another stent is using it") == true)
        #expect(first.shutdown(within: .seconds(30)).isComplete)
        #expect(throws: Never.self) { try writer().shutdown(within: .seconds(30)) }
    }

    @Test func `missing directories are made, files and directory closed to others`() throws {
        let path = scratch.path + "/a/b/audit"
        let writer = try AuditFileWriter(directory: path, settings: .with(), onStatus: log.listener)
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        func mode(_ path: String) throws -> Int {
            try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
        }
        #expect(try mode(path) & 0o027 == 0)
        #expect(try mode(path + "/audit.jsonl") & 0o137 == 0)
    }

    @Test func `a path that can't be a directory is named with its cause and what to do`() throws {
        try Data().write(to: URL(fileURLWithPath: scratch.path + "/file"))
        let error = #expect(throws: AuditStoreError.self) {
            try AuditFileWriter(directory: scratch.path + "/file/audit", settings: .with(), onStatus: log.listener)
        }
        #expect(error?.operation == .createDirectory)
        #expect(error?.code == ENOTDIR)
        #expect(error.map(String.init(describing:))?.contains(scratch.path + "/file") == true)
    }

    @Test func `what is handed over after the shutdown is counted as lost`() throws {
        let writer = try writer()
        let trail = writer.makeTrail()
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        trail.record(numbered(0), head: RequestHead())
        trail.flush()
        #expect(writer.metrics.linesDropped == 1)
        #expect(writer.metrics.queueBytes == 0)
    }

    @Test func `an event stands in the trail with its details in order`() throws {
        let writer = try writer()
        writer.record(.start, details: [.init("version", .text("1.0")), .init("workers", .number(2))])
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        let text = String(decoding: try scratch.wholeTrail(), as: UTF8.self)
        #expect(text.contains(#","event":"start","details":{"version":"1.0","workers":2},"seq":2,"prev":""#))
    }

    /// Each worker records on a thread of its own and flushes now and then, as a loop's timer would.
    private func record(_ workers: Int, times: Int, with writer: AuditFileWriter) {
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            let trail = writer.makeTrail()
            let head = RequestHead()
            for number in 0..<times {
                trail.record(numbered(number, worker: worker), head: head)
                if number % (97 + worker) == 0 { trail.flush() }
            }
            trail.flush()
        }
    }
}
