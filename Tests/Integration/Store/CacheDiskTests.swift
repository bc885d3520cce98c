import Foundation
import StentExchange
import StentModel
import StentStore
import Testing

/// What the disk tier has, and what the next run has of it.
@Suite struct CacheDiskTests {
    private let directory: CacheDirectory

    init() throws { directory = try CacheDirectory() }

    // MARK: A stop and a start

    @Test func `a copy is there after a clean stop, with its label`() async throws {
        let first = try directory.run()
        first.keep("/notes", variant: "en", "a list")
        #expect(first.stop() == 1)
        let log = CacheDiskLog()
        let second = try directory.run(log: log)
        #expect(log.all == [.resumed(copies: 1, dropped: 0)])
        #expect(second.find("/notes", variant: "en")?.label == Array("/notes".utf8))
        #expect(await second.read("/notes", variant: "en") == "a list")
        #expect(second.disk.numbers.hits == 1)
    }

    @Test func `copies outlive several stops, beside those that are new`() async throws {
        for number in 0..<4 {
            let run = try directory.run()
            run.keep("/notes/\(number)", "note \(number)")
            #expect(run.stop() == number + 1)
        }
        let last = try directory.run()
        for number in 0..<4 { #expect(await last.read("/notes/\(number)") == "note \(number)") }
    }

    @Test func `after a kill there is nothing, and no file of it stays`() async throws {
        let first = try directory.run()
        first.keep("/notes", "a list")
        first.settle()
        let log = CacheDiskLog()
        let left = try directory.copyAsItIs()
        #expect(try left.segments.count == 1)
        let second = try left.run(log: log)
        #expect(log.isEmptyStart == .notStopped)
        #expect(second.find("/notes") == nil)
        #expect(try left.segments.isEmpty)
    }

    @Test func `an index serves one start: after it, a kill leaves nothing`() async throws {
        let first = try directory.run()
        first.keep("/notes", "a list")
        first.stop()
        let second = try directory.run()
        #expect(try directory.names.contains("index.cache") == false)
        second.write(to: "/notes")
        let third = try directory.copyAsItIs().run()
        #expect(third.find("/notes") == nil)
    }

    @Test func `without a stop, or with one that keeps nothing, the next run begins with nothing`() async throws {
        var run: CacheRun? = try directory.run()
        run?.keep("/notes", "a list")
        run?.settle()
        run = nil
        // The files are let go by a thread of its own.
        let other = try CacheDirectory()
        let forgetting = try other.run()
        forgetting.keep("/notes", "a list")
        forgetting.settle()
        #expect(forgetting.stop(.forgetting) == 0)
        #expect(try other.names == ["cache.key", "cache.lock"])
        #expect(try other.run().find("/notes") == nil)
    }

    @Test func `what nobody wants any more is not resumed`() throws {
        let first = try directory.run()
        first.keep("/unwanted", "old")
        first.keep("/notes", "a list")
        first.stop()
        let log = CacheDiskLog()
        let second = try directory.run(log: log)
        #expect(log.all == [.resumed(copies: 1, dropped: 1)])
        #expect(second.find("/unwanted") == nil)
    }

    @Test func `callers are told apart by the same key after a restart, and by another with another secret`() throws {
        let first = try directory.run()
        let key = first.disk.callerKey
        first.stop()
        #expect(key.count == 32)
        #expect(try directory.run().disk.callerKey == key)
        #expect(try CacheDirectory().run().disk.callerKey != key)
    }

    // MARK: What is valid

    @Test func `what was written to is not found, and not there after a stop`() async throws {
        let first = try directory.run()
        for path in ["/notes/1", "/notes/2", "/notes/3"] { first.keep(path, "of " + path) }
        first.settle()
        first.write(to: "/notes/1")
        first.write(to: "/notes/2")
        #expect(first.find("/notes/1") == nil)
        #expect(first.stop() == 1)
        let second = try directory.run()
        #expect(second.find("/notes/2") == nil)
        #expect(await second.read("/notes/3") == "of /notes/3")
    }

    @Test func `what was purged softly is found as stale, and not carried over`() async throws {
        let first = try directory.run()
        first.keep("/notes", "a list")
        first.settle()
        first.write(to: "/notes", .soft)
        #expect(first.find("/notes")?.standing == .stale)
        #expect(await first.read("/notes") == "a list")
        #expect(first.stop() == 0)
        #expect(try directory.run().find("/notes") == nil)
    }

    @Test func `what is written to between look-up and reading is not given`() async throws {
        let run = try directory.run()
        run.keep("/notes", "a list")
        run.settle()
        let item = try #require(run.find("/notes"))
        run.write(to: "/notes")
        #expect(await run.read(item) == nil)
        #expect(run.disk.numbers.damaged == 0)
    }

    @Test func `what is written to while it is read is not given`() async throws {
        let gate = Gate()
        let run = try directory.run(calls: gate.readCalls)
        run.keep("/notes", "a list")
        run.settle()
        let item = try #require(run.find("/notes"))
        let payload = run.begin(item)
        gate.waitUntilHeld()
        run.write(to: "/notes")
        gate.letGo()
        #expect(await payload.first { _ in true } == .some(nil))
    }

    @Test func `a copy that its owner no longer wants is not taken`() throws {
        let run = try directory.run()
        let copy = CacheTierCopy(
            key: CacheTierKey([1]), variant: [], label: [], mark: try Self.mark(of: run), bytes: 1, payload: { [1] })
        run.disk.keep(copy) { false }
        run.settle()
        #expect(run.disk.numbers.copies == 0)
    }

    private static func mark(of run: CacheRun) throws -> CacheTierMark {
        run.keep("/mark", "")
        run.settle()
        let mark = try #require(run.find("/mark")).mark
        run.disk.removeAll()
        return mark
    }

    // MARK: Keys and variants

    @Test func `variants of a key stand side by side, and each is given to its own`() async throws {
        let first = try directory.run()
        first.keep("/notes", variant: "en", "a list")
        first.keep("/notes", variant: "de", "eine Liste")
        first.settle()
        first.stop()
        let second = try directory.run()
        #expect(await second.read("/notes", variant: "en") == "a list")
        #expect(await second.read("/notes", variant: "de") == "eine Liste")
        guard case .otherVariant = second.disk.find(CacheTierKey(Array("/notes".utf8)), where: { _ in false }) else {
            Issue.record("something is there for the key")
            return
        }
    }

    @Test func `a new copy takes the place of the one of its key and variant`() async throws {
        let first = try directory.run()
        first.keep("/notes", "old")
        first.settle()
        let old = try #require(first.find("/notes"))
        first.keep("/notes", "new")
        first.settle()
        #expect(await first.read(old) == nil)
        #expect(await first.read("/notes") == "new")
        #expect(first.stop() == 1)
        #expect(await (try directory.run()).read("/notes") == "new")
    }

    @Test func `a key, some keys and all keys can be forgotten`() async throws {
        let run = try directory.run()
        for path in ["/a/1", "/a/2", "/b/1", "/b/2", "/c"] { run.keep(path, path) }
        run.settle()
        run.disk.forget(CacheTierKey(Array("/b/1".utf8)))
        #expect(run.disk.forget { $0.starts(with: Array("/a".utf8)) } == 2)
        #expect(run.find("/a/1") == nil)
        #expect(run.find("/b/1") == nil)
        #expect(await run.read("/b/2") == "/b/2")
        run.disk.removeAll()
        #expect(run.find("/c") == nil)
        #expect(run.disk.numbers.copies == 0)
        run.keep("/c", "again")
        run.settle()
        #expect(await run.read("/c") == "again")
    }

    @Test func `what is forgotten while it waits to be written does not come back`() throws {
        let gate = Gate()
        let run = try directory.run(calls: gate.calls)
        run.keep("/first", "holds the writer")
        gate.waitUntilHeld()
        for path in ["/a", "/b", "/c"] { run.keep(path, path) }
        run.disk.forget(CacheTierKey(Array("/a".utf8)))
        #expect(run.disk.forget { $0 == Array("/b".utf8) } == 1)
        #expect(run.find("/c") == nil)
        gate.letGo()
        run.settle()
        #expect(run.find("/a") == nil)
        #expect(run.find("/b") == nil)
        #expect(run.find("/c") != nil)
    }

    // MARK: Bounds

    @Test func `the oldest copies make room, whole segments at a time`() async throws {
        var settings = directory.settings
        settings.size = ByteCount(40_000)
        settings.segment = ByteCount(10_000)
        let run = try directory.run(settings)
        for number in 0..<100 { run.keep("/\(number)", [UInt8](repeating: UInt8(number), count: 1_000)) }
        run.settle()
        let numbers = run.disk.numbers
        #expect(numbers.bytes <= 40_000)
        #expect(numbers.copies + numbers.evicted == 100)
        #expect(numbers.copies >= 30)
        for number in 0..<100 { #expect((run.find("/\(number)") != nil) == (number >= 100 - numbers.copies)) }
        let sizes = try directory.segments.map { try directory.bytes(of: $0).count }
        #expect(sizes.reduce(0, +) == numbers.bytes)
        #expect(sizes.allSatisfy { $0 <= 10_000 })
        #expect(run.stop() == numbers.copies)
        #expect(try directory.run(settings).disk.numbers.copies == numbers.copies)
    }

    @Test func `with less room than before, the oldest go at the start`() throws {
        var settings = directory.settings
        settings.segment = ByteCount(10_000)
        let first = try directory.run(settings)
        for number in 0..<50 { first.keep("/\(number)", [UInt8](repeating: 1, count: 1_000)) }
        first.stop()
        settings.size = ByteCount(20_000)
        let second = try directory.run(settings)
        second.settle()
        #expect(second.disk.numbers.bytes <= 20_000)
        #expect(second.find("/0") == nil)
        #expect(second.find("/49") != nil)
    }

    @Test func `keys and labels take no more memory than they may`() throws {
        var settings = directory.settings
        settings.index = ByteCount(CacheTierIndex.overhead * 20)
        let run = try directory.run(settings)
        for number in 0..<100 {
            run.keep("/\(number)", "payload")
            run.settle()
        }
        #expect(run.disk.numbers.indexBytes <= settings.index.value)
        #expect(run.disk.numbers.copies >= 15)
        #expect(run.find("/99") != nil)
        #expect(run.find("/0") == nil)
    }

    @Test func `what does not fit into the queue is dropped, and the copy that it was to replace, too`() throws {
        var settings = directory.settings
        settings.queue = ByteCount(1_500)
        let gate = Gate()
        let run = try directory.run(settings, calls: gate.calls)
        run.keep("/first", [UInt8](repeating: 1, count: 600))
        gate.waitUntilHeld()
        run.keep("/second", [UInt8](repeating: 1, count: 400))
        #expect(run.find("/second") == nil)
        run.keep("/second", [UInt8](repeating: 2, count: 400))
        #expect((1_000...1_500).contains(run.disk.numbers.waiting))
        #expect(run.disk.numbers.dropped == 1)
        gate.letGo()
        run.settle()
        #expect(run.find("/first") != nil)
        #expect(run.find("/second") == nil)
        #expect(run.disk.numbers.waiting == 0)
    }

    @Test func `a copy that is larger than a segment is dropped`() throws {
        var settings = directory.settings
        settings.segment = ByteCount(1_000)
        let run = try directory.run(settings)
        run.keep("/large", [UInt8](repeating: 1, count: 973))
        run.keep("/fits", [UInt8](repeating: 1, count: 972))
        run.settle()
        #expect(run.find("/large") == nil)
        #expect(run.find("/fits")?.bytes == 1_000)
        #expect(run.disk.numbers.dropped == 1)
    }

    @Test func `reads that find too many waiting are answered at once`() async throws {
        var settings = directory.settings
        settings.reads = 1
        let gate = Gate()
        let run = try directory.run(settings, calls: gate.readCalls)
        run.keep("/notes", "a list")
        run.settle()
        let item = try #require(run.find("/notes"))
        let first = run.begin(item)
        gate.waitUntilHeld()
        #expect(await run.read(item) == nil)
        #expect(run.disk.numbers.readsRefused == 1)
        gate.letGo()
        #expect(await first.first { _ in true } == Array("a list".utf8))
    }

    @Test func `many threads use it at once, and each gets what it kept`() async throws {
        var settings = directory.settings
        settings.size = ByteCount(200_000)
        settings.segment = ByteCount(20_000)
        let run = try directory.run(settings)
        await withTaskGroup(of: Int.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var wrong = 0
                    for round in 0..<150 {
                        let path = "/\(worker)/\(round % 20)"
                        run.keep(path, "\(path) \(round)")
                        if round % 7 == 0 { run.write(to: path) }
                        if round % 31 == 0 { run.disk.forget { $0 == Array(path.utf8) } }
                        if let read = await run.read(path), !read.hasPrefix(path + " ") { wrong += 1 }
                    }
                    return wrong
                }
            }
            for await wrong in group { #expect(wrong == 0) }
        }
        run.settle()
        #expect(run.disk.numbers.damaged == 0)
        let copies = run.disk.numbers.copies
        #expect(run.stop() <= copies)
    }

    // MARK: Files

    @Test func `a second process is refused, and told what to do`() throws {
        let first = try directory.run()
        let error = #expect(throws: CacheDiskError.self) { try directory.run() }
        #expect(error?.operation == .lock)
        #expect(error?.description.contains("another stent is using it; stop the other one") == true)
        first.stop()
        _ = try directory.run()
    }

    @Test func `directory and files are for their owner alone`() throws {
        var settings = directory.settings
        settings.directory = directory.path + "/deep/cache"
        settings.key = directory.path + "/other.key"
        let run = try directory.run(settings)
        run.keep("/notes", "a list")
        run.stop()
        #expect(try directory.mode(of: "deep/cache") == 0o700)
        #expect(try directory.mode(of: "other.key") == 0o600)
        for name in ["index.cache", "segment-1.cache", "cache.lock"] {
            #expect(try directory.mode(of: "deep/cache/" + name) == 0o600)
        }
    }

    @Test func `neither payload nor key nor label is on the disk in the clear`() throws {
        let run = try directory.run()
        run.keep("/patients/4711", variant: "Accept: x", "a diagnosis")
        run.stop()
        for name in try directory.names {
            let text = String(decoding: try directory.bytes(of: name), as: UTF8.self)
            for secret in ["4711", "diagnosis", "Accept"] { #expect(!text.contains(secret)) }
        }
    }
}

/// Holds a thread of the tier's in its first write, or its first read of a copy, until it is let go.
final class Gate: Sendable {
    private let arrived = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    var calls: CacheDiskCalls {
        var calls = CacheDiskCalls.system
        calls.write = { [self] descriptor, bytes, offset in
            if offset == 0 { hold() }
            return CacheDiskCalls.system.write(descriptor, bytes, offset)
        }
        return calls
    }

    var readCalls: CacheDiskCalls {
        var calls = CacheDiskCalls.system
        calls.read = { [self] descriptor, bytes, offset in
            hold()
            return CacheDiskCalls.system.read(descriptor, bytes, offset)
        }
        return calls
    }

    private func hold() {
        arrived.signal()
        opened.wait()
        opened.signal()
    }

    func waitUntilHeld() { arrived.wait() }
    func letGo() { opened.signal() }
}
