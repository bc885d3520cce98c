import Foundation
import StentExchange
import StentModel
import StentStore
import Synchronization
import Testing

/// Killed processes, locked and damaged databases: what was answered is never lost, or it is said.
@Suite(.timeLimit(.minutes(1))) struct OutboxDamageTests {
    private let directory: StateDirectory

    init() throws { directory = try StateDirectory() }

    /// What has been answered so far.
    private struct Answered: Sendable {
        var stored: Set<Int> = []
        var begun: [Int: Int] = [:]
        var ended: Set<Int> = []
        var answers = 0
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `what was answered is there after the process was killed at any moment`(_ seed: UInt64) async throws {
        var random = SplitMix(seed)
        let outbox = try directory.openOutbox()
        #expect(await outbox.pending() == [])
        // It reads all the time, so that the write-ahead log is not begun anew between copying the two files: a killed
        // process leaves both as they are at one moment.
        let reader = try Disturber(directory.outbox)
        try await reader.run("BEGIN")
        _ = try await reader.number("SELECT count(*) FROM job")

        let answered = Mutex(Answered())
        let (progress, continuation) = AsyncStream<Int>.makeStream()
        let note: @Sendable ((inout Answered) -> Void) -> Void = { change in
            let answers = answered.withLock { state in
                change(&state)
                state.answers += 1
                return state.answers
            }
            continuation.yield(answers)
        }
        let callers = Task {
            await withTaskGroup(of: Void.self) { group in
                for caller in 0..<20 {
                    group.addTask {
                        for number in caller * 20..<caller * 20 + 20 {
                            let id = "job-\(number)"
                            if await outbox.put(.numbered(number)) == .stored { note { $0.stored.insert(number) } }
                            if await outbox.begin(id) { note { $0.begun[number, default: 0] += 1 } }
                            guard number % 2 == 0 else { continue }
                            if await outbox.end(id, .written("7")) { note { $0.ended.insert(number) } }
                        }
                    }
                }
            }
            continuation.finish()
        }
        var moments = Set((0..<4).map { _ in Int(random.next() % 900) + 1 })
        var left: [(StateDirectory, Answered)] = []
        for await answers in progress where moments.remove(answers) != nil {
            let before = answered.withLock { $0 }
            left.append((try directory.copyAsItIs(), before))
        }
        await callers.value
        try await reader.run("COMMIT")
        try reader.close()
        outbox.close()
        #expect(left.count >= 1)
        for (copy, before) in left {
            let next = try copy.openOutbox()
            let jobs = try #require(await next.pending())
            let waiting = Dictionary(uniqueKeysWithValues: jobs.map { ($0.id, $0) })
            for number in before.ended { #expect(waiting["job-\(number)"] == nil) }
            for (number, tries) in before.begun {
                if let job = waiting["job-\(number)"] { #expect(job.tries >= tries) }
            }
            for number in before.stored {
                if number % 2 == 1 { #expect(waiting["job-\(number)"] != nil) }
                #expect(await next.put(.numbered(number)) == .known("job-\(number)"))
            }
            next.close()
        }
    }

    @Test func `while the database is locked nothing is promised; a delivery is made up for`() async throws {
        let log = StoreLog()
        let outbox = try directory.openOutbox(log: log)
        _ = await outbox.put(.numbered(1, twin: 7))
        let disturber = try Disturber(directory.outbox)
        try await disturber.lock()
        outbox.delivered("job-1", now: .noon)
        #expect(await outbox.put(.numbered(2)) == .unavailable)
        #expect(await outbox.begin("job-1") == false)
        #expect(await outbox.end("job-1", .written("7")) == false)
        #expect(await log.failing()?.operation == .write)
        #expect(outbox.metrics.isFailing)
        #expect(outbox.metrics.jobs.waiting == 1)
        try await disturber.letGo()
        await log.recovered()
        #expect(await outbox.pending() == [.numbered(1, twin: 7)])
        #expect(await outbox.put(.numbered(3, twin: 7)) == .stored)
        outbox.close()
        try disturber.close()
    }

    @Test func `a damaged file is moved aside, and it is said that jobs may be lost`() async throws {
        try Data(repeating: 0x5A, count: 8_192).write(to: URL(fileURLWithPath: directory.outbox))
        let log = StoreLog()
        let outbox = try directory.openOutbox(log: log)
        let status = try #require(await log.next { if case .replaced = $0 { true } else { false } })
        guard case .replaced(let moved, let error) = status else { return }
        #expect(moved.contains("/outbox.sqlite.corrupt-"))
        #expect(error.isDamage)
        #expect(FileManager.default.contents(atPath: moved)?.count == 8_192)
        #expect(SQLiteOutbox.message(status).contains("may be lost"))
        #expect(await outbox.put(.numbered(1)) == .stored)
        outbox.close()
        let next = try directory.openOutbox()
        #expect(await next.pending() == [.numbered(1)])
        next.close()
    }

    @Test func `damage met while running is said, and the outbox goes on with a new file`() async throws {
        let log = StoreLog()
        let outbox = try directory.openOutbox(log: log)
        for number in 0..<500 {
            outbox.put(.numbered(number, content: String(repeating: "x", count: 500)), now: .noon) { _ in }
        }
        #expect(await outbox.pending()?.count == 500)
        let disturber = try Disturber(directory.outbox)
        let handle = try await disturber.spoil()
        #expect(await outbox.pending() == nil)
        #expect(await log.replaced() != nil)
        #expect(await outbox.put(.numbered(1_000)) == .stored)
        #expect(await outbox.pending() == [.numbered(1_000)])
        #expect(outbox.metrics.jobs.waiting == 1)
        outbox.close()
        try handle.close()
        try disturber.close()
    }

    @Test func `without its directory the outbox refuses, and works once it is there`() async throws {
        try FileManager.default.removeItem(atPath: directory.path)
        let log = StoreLog()
        let outbox = try directory.openOutbox(log: log)
        #expect(await outbox.put(.numbered(1)) == .unavailable)
        #expect(await outbox.pending() == nil)
        #expect(await log.failing()?.operation == .create)
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        await log.recovered()
        #expect(await outbox.put(.numbered(1)) == .stored)
        outbox.close()
    }

    @Test func `a command finds no file where there is none, and makes none`() throws {
        let error = #expect(throws: StoreError.self) { try OutboxFile(directory: directory.path) }
        #expect(error?.code == ENOENT)
        #expect(try directory.names.isEmpty)
    }
}

/// Numbers that only depend on a seed.
private struct SplitMix {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
