import Foundation
import StentExchange
import StentModel
import StentStore
import Synchronization
import Testing

/// Disks that are full, broken or gone: the tier goes on without them, and with them when they are back.
@Suite struct CacheDiskFaultTests {
    private let directory: CacheDirectory
    private let log = CacheDiskLog()

    init() throws { directory = try CacheDirectory() }

    @Test func `a full disk stops the writing and not the reading, and is said once`() async throws {
        let disk = BrokenDisk()
        let run = try directory.run(calls: disk.calls, log: log)
        run.keep("/before", "content")
        run.settle()
        disk.fail(.write, with: ENOSPC)
        for number in 0..<5 { run.keep("/\(number)", "content") }
        run.settle()
        #expect(run.disk.numbers.isFailing)
        #expect(run.disk.numbers.writeErrors == 5)
        #expect(run.disk.numbers.dropped == 5)
        #expect(run.disk.numbers.waiting == 0)
        #expect(run.find("/3") == nil)
        #expect(await run.read("/before") == "content")
        disk.repair()
        run.keep("/after", "content after")
        run.settle()
        #expect(await run.read("/after") == "content after")
        #expect(!run.disk.numbers.isFailing)
        #expect(log.failing.count == 1)
        #expect(log.failing.first?.description.contains("free space") == true)
        #expect(log.all.last == .recovered)
        #expect(run.stop() == 2)
        let next = try directory.run()
        #expect(await next.read("/before") == "content")
        #expect(await next.read("/after") == "content after")
    }

    @Test func `a disk that takes a few bytes at a time, and then half of a copy, is written over`() async throws {
        let disk = BrokenDisk()
        disk.limit(eachWrite: 7)
        let run = try directory.run(calls: disk.calls, log: log)
        run.keep("/whole", "content of the whole one")
        run.settle()
        disk.fail(.write, with: EIO, after: 3)
        run.keep("/half", "content of the half one")
        run.settle()
        #expect(run.find("/half") == nil)
        disk.repair()
        run.keep("/next", "content of the next one")
        run.settle()
        #expect(await run.read("/whole") == "content of the whole one")
        #expect(await run.read("/next") == "content of the next one")
    }

    @Test func `where a file may not grow any more, the next one is begun`() async throws {
        var calls = CacheDiskCalls.system
        calls.write = { offset, bytes, position in
            position >= 2_000 ? .failure(EFBIG) : CacheDiskCalls.system.write(offset, bytes, position)
        }
        let run = try directory.run(calls: calls, log: log)
        for number in 0..<6 { run.keep("/\(number)", [UInt8](repeating: 1, count: 1_000)) }
        run.settle()
        #expect(run.disk.numbers.copies == 4)
        #expect(run.disk.numbers.writeErrors == 2)
        #expect(await run.read("/4")?.utf8.count == 1_000)
        #expect(try directory.segments.count == 2)
    }

    @Test func `a full disk at the stop leaves nothing behind`() throws {
        let disk = BrokenDisk()
        let run = try directory.run(calls: disk.calls, log: log)
        run.keep("/notes", "a list")
        run.settle()
        disk.fail(.write, with: ENOSPC)
        #expect(run.stop() == 0)
        guard case .notKept(let error)? = log.all.last else {
            Issue.record("\(log.all)")
            return
        }
        #expect(error.cause == .system(ENOSPC))
        #expect(try directory.names.contains { $0.hasPrefix("index") } == false)
        #expect(try directory.run().disk.numbers.copies == 0)
    }

    @Test(arguments: [BrokenDisk.Call.rename, .open])
    func `an index that can't be made leaves nothing behind`(call: BrokenDisk.Call) throws {
        let disk = BrokenDisk()
        let run = try directory.run(calls: disk.calls, log: log)
        run.keep("/notes", "a list")
        run.settle()
        disk.fail(call, with: EIO)
        #expect(run.stop() == 0)
        #expect(try directory.names.contains { $0.hasPrefix("index") } == false)
    }

    @Test func `an index that can't be removed for good is not used: the tier does not open`() throws {
        let first = try directory.run()
        first.keep("/notes", "a list")
        first.stop()
        let disk = BrokenDisk()
        disk.fail(.sync, with: EIO)
        let error = #expect(throws: CacheDiskError.self) { try directory.run(calls: disk.calls) }
        #expect(error?.operation == .forgetIndex)
        // Its content is gone all the same, and the lock is free.
        #expect(try directory.run().disk.numbers.copies == 0)
    }

    @Test func `an index whose name can't be removed has lost its content`() throws {
        let first = try directory.run()
        first.keep("/notes", "a list")
        first.stop()
        let disk = BrokenDisk()
        disk.fail(.unlink, with: EROFS)
        #expect(throws: CacheDiskError.self) { try directory.run(calls: disk.calls) }
        #expect(try directory.names.contains("index.cache"))
        #expect(try directory.run(log: log).disk.numbers.copies == 0)
        guard case .indexUnreadable = log.isEmptyStart else {
            Issue.record("\(log.all)")
            return
        }
    }

    @Test func `a copy that can't be read is a miss, and said once for each cause`() async throws {
        let disk = BrokenDisk()
        let run = try directory.run(calls: disk.calls, log: log)
        for path in ["/a", "/b", "/c"] { run.keep(path, path) }
        run.settle()
        disk.fail(.read, with: EIO)
        #expect(await run.read("/a") == nil)
        #expect(await run.read("/b") == nil)
        disk.repair()
        #expect(await run.read("/c") == "/c")
        #expect(run.find("/a") == nil)
        #expect(run.disk.numbers.damaged == 2)
        #expect(log.damaged.map(\.cause) == [.system(EIO)])
    }

    @Test func `a segment that can't be removed is tried again, and what is in it stays`() async throws {
        var settings = directory.settings
        settings.size = ByteCount(4_000)
        settings.segment = ByteCount(1_000)
        let disk = BrokenDisk()
        let run = try directory.run(settings, calls: disk.calls, log: log)
        for number in 0..<4 { run.keep("/\(number)", [UInt8](repeating: 1, count: 900)) }
        run.settle()
        disk.fail(.unlink, with: EPERM)
        run.keep("/4", [UInt8](repeating: 1, count: 900))
        run.settle()
        #expect(run.find("/0") != nil)
        #expect(run.find("/4") == nil)
        #expect(run.disk.numbers.bytes <= 4_000)
        disk.repair()
        run.keep("/5", [UInt8](repeating: 1, count: 900))
        run.settle()
        #expect(run.find("/0") == nil)
        #expect(run.find("/5") != nil)
    }

    @Test func `a directory that is taken away is not made again behind somebody's back`() async throws {
        let run = try directory.run(log: log)
        run.keep("/notes", "a list")
        run.settle()
        try FileManager.default.removeItem(atPath: directory.path)
        #expect(await run.read("/notes") == "a list")
        run.keep("/more", "content")
        run.settle()
        #expect(run.stop() == 0)
        #expect(FileManager.default.fileExists(atPath: directory.path) == false)
        #expect(try directory.run().disk.numbers.copies == 0)
    }

    @Test func `a path that is a file is refused in words`() throws {
        var settings = directory.settings
        settings.directory = directory.path + "/file/cache"
        try Data().write(to: URL(fileURLWithPath: directory.path + "/file"))
        let error = #expect(throws: CacheDiskError.self) { try directory.run(settings) }
        #expect(error?.operation == .createDirectory)
        #expect(error?.cause == .system(ENOTDIR))
    }

    @Test func `after the stop nothing is found, taken or read, and a second stop does nothing`() async throws {
        let run = try directory.run()
        run.keep("/notes", "a list")
        run.settle()
        let item = try #require(run.find("/notes"))
        run.stop()
        #expect(run.find("/notes") == nil)
        #expect(await run.read(item) == nil)
        run.keep("/more", "content")
        #expect(run.disk.numbers.waiting == 0)
        #expect(run.stop() == 0)
    }

    @Test func `a stop whose time is over keeps nothing that was not written`() throws {
        let gate = Gate()
        let run = try directory.run(calls: gate.calls)
        run.keep("/first", "content")
        gate.waitUntilHeld()
        #expect(run.disk.shutdown(.keeping, within: .milliseconds(-900)) == 0)
        gate.letGo()
    }
}

/// A disk whose calls fail when they are told to, in front of the real one.
final class BrokenDisk: Sendable {
    enum Call: Sendable { case open, write, read, sync, rename, unlink }

    private struct State {
        var failing: [Call: Int32] = [:]
        var patience = 0
        var largestWrite = Int.max
    }

    private let state = Mutex(State())

    /// - Parameter count: calls that still go well.
    func fail(_ call: Call, with code: Int32, after count: Int = 0) {
        state.withLock { state in
            state.failing[call] = code
            state.patience = count
        }
    }

    func repair() { state.withLock { $0.failing = [:] } }
    func limit(eachWrite bytes: Int) { state.withLock { $0.largestWrite = bytes } }

    private func failure(_ call: Call) -> CallResult? {
        state.withLock { state in
            guard let code = state.failing[call] else { return nil }
            guard state.patience == 0 else {
                state.patience -= 1
                return nil
            }
            return .failure(code)
        }
    }

    var calls: CacheDiskCalls {
        let system = CacheDiskCalls.system
        var calls = system
        calls.open = { [self] in failure(.open) ?? system.open($0, $1, $2) }
        calls.write = { [self] descriptor, bytes, offset in
            let most = state.withLock { $0.largestWrite }
            let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(most))
            return failure(.write) ?? system.write(descriptor, part, offset)
        }
        calls.read = { [self] in failure(.read) ?? system.read($0, $1, $2) }
        calls.sync = { [self] in failure(.sync) ?? system.sync($0) }
        calls.rename = { [self] in failure(.rename) ?? system.rename($0, $1, $2) }
        calls.unlink = { [self] in failure(.unlink) ?? system.unlink($0, $1) }
        return calls
    }
}
