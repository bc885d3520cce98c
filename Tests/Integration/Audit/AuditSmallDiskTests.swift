import Foundation
import Glibc
import StentAudit
import StentExchange
import StentModel
import StentStore
import Testing

/// A file system of few bytes in memory, for those who may mount one.
private final class Tmpfs: Sendable {
    let path: String

    init?(bytes: Int) throws {
        path = FileManager.default.temporaryDirectory.path + "/stent-tmpfs-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0 else {
            try FileManager.default.removeItem(atPath: path)
            return nil
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }

    /// Takes all the room that is left.
    func fill() {
        let file = open(path + "/ballast", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let block = [UInt8](repeating: 0, count: 4_096)
        while write(file, block, block.count) > 0 {}
        close(file)
    }

    func free() { unlink(path + "/ballast") }
}

@Suite(.timeLimit(.minutes(1))) struct AuditSmallDiskTests {
    let scratch: ScratchDirectory
    let log = StatusLog()

    init() throws { scratch = try ScratchDirectory() }

    private func isFailing(_ status: AuditWriterStatus) -> Bool {
        if case .failing = status { true } else { false }
    }

    @Test(arguments: AuditDurability.allCases)
    func `a disk that is full is told in the trail itself, refuses, and loses nothing`(
        durability: AuditDurability
    ) async throws {
        guard let disk = try Tmpfs(bytes: 8 << 20) else { return }
        var settings = AuditSettings.with(rotateSize: 1 << 20)
        settings.durability = durability
        let directory = disk.path + "/audit"
        let writer = try AuditFileWriter(
            directory: directory, settings: settings, seals: AuditSealKeys(current: testKey),
            retryPause: .milliseconds(1), onStatus: log.listener)
        let trail = writer.makeTrail()
        for number in 0..<100 { trail.record(numbered(number), head: RequestHead()) }
        trail.flush()
        while writer.metrics.linesWritten < 101 { await Task.yield() }
        for round in 1...3 {
            disk.fill()
            for number in round * 100..<round * 100 + 100 { trail.record(numbered(number), head: RequestHead()) }
            trail.flush()
            #expect(await log.next(where: isFailing) != nil)
            #expect(!trail.accepts)
            let live = directory + "/audit.jsonl"
            while try !String(decoding: scratch.bytes(at: live), as: UTF8.self).contains("audit.failing") {
                await Task.yield()
            }
            disk.free()
            #expect(await log.next { $0 == .recovered } != nil)
            #expect(trail.accepts)
        }
        #expect(writer.shutdown(within: .seconds(30)).isComplete)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            try FileManager.default.copyItem(atPath: directory + "/" + name, toPath: scratch.path + "/" + name)
        }
        #expect(try scratch.allExchanges() == Array(0..<400))
        #expect(try scratch.verdict().findings.isEmpty)
        #expect(try scratch.eventNames().filter { $0 == "audit.failing" }.count == 3)
    }

    @Test(arguments: [EIO, ENOSPC], [0, 7, 400])
    func `whatever call fails for a while, no line is lost or there twice`(failure: Int32, shortest: Int) async throws {
        let dice = Counter()
        var calls = FileCalls.system
        calls.write = { descriptor, bytes in
            let number = dice.next()
            if number % 5 == 3 { return .failure(failure) }
            let count = shortest > 0 && number % 2 == 0 ? min(bytes.count, shortest) : bytes.count
            return FileCalls.system.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
        calls.sync = { dice.next() % 4 == 1 ? .failure(failure) : FileCalls.system.sync($0) }
        calls.rename = { dice.next() % 3 == 1 ? .failure(failure) : FileCalls.system.rename($0, $1) }
        let opened = Counter()
        calls.open = { path, flags in
            opened.next() > 0 && dice.next() % 3 == 1 ? .failure(failure) : FileCalls.system.open(path, flags)
        }
        calls.truncate = { dice.next() % 3 == 1 ? .failure(failure) : FileCalls.system.truncate($0, $1) }
        var settings = AuditSettings.with(rotateSize: 8_000)
        settings.durability = .every
        let writer = try AuditFileWriter(
            directory: scratch.path, settings: settings, seals: AuditSealKeys(current: testKey),
            retryPause: .milliseconds(1), calls: calls, onStatus: log.listener)
        let trail = writer.makeTrail()
        for number in 0..<300 {
            trail.record(numbered(number), head: RequestHead())
            if number % 30 == 0 {
                let commit: AuditCommit = await withCheckedContinuation { continuation in
                    trail.whenDurable { continuation.resume(returning: $0) }
                    trail.flush()
                }
                #expect(commit == .durable)
            }
        }
        trail.flush()
        #expect(writer.shutdown(within: .seconds(30)).linesLost == 0)
        #expect(try scratch.allExchanges() == Array(0..<300))
        #expect(try scratch.verdict().findings.isEmpty)
    }
}
