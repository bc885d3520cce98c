import Foundation
import StentExchange
import StentModel
import StentStore
import Synchronization
import Testing

/// How much an outbox holds, how long, and what is left of it.
@Suite struct OutboxRoomTests {
    private let directory: StateDirectory

    init() throws { directory = try StateDirectory() }

    private func limits(keep seconds: Int64) -> OutboxLimits {
        var limits = OutboxLimits(OutboxSettings())
        limits.keepNanoseconds = seconds * 1_000_000_000
        return limits
    }

    @Test func `a job is remembered after its end for as long as it is to be kept`() async throws {
        let outbox = try directory.openOutbox(limits(keep: 7_200))
        _ = await outbox.put(.numbered(1))
        _ = await outbox.put(.numbered(2))
        _ = await outbox.end("job-1", .written("7"), at: .noon)
        let end = WallTime.noon.later(seconds: 7_200)
        await outbox.sweep(at: WallTime(nanoseconds: end.nanoseconds - 1))
        #expect(outbox.metrics.jobs.written == 1)
        await outbox.sweep(at: end)
        #expect(outbox.metrics.jobs.written == 0)
        #expect(await outbox.pending() == [.numbered(2)])
        outbox.close()
    }

    @Test func `a job is remembered for an hour at least, while its twin may come`() async throws {
        let outbox = try directory.openOutbox(limits(keep: 0))
        _ = await outbox.put(.numbered(1, twin: 7))
        _ = await outbox.end("job-1", .written("7"), at: .noon)
        await outbox.sweep(at: .noon.later(seconds: 3_599))
        #expect(await outbox.put(.numbered(2, twin: 7), at: .noon.later(seconds: 3_599)) == .known("job-1"))
        await outbox.sweep(at: .noon.later(seconds: 3_600))
        #expect(outbox.metrics.jobs.written == 0)
        outbox.close()
    }

    @Test func `more ended jobs than fit into one transaction are removed at once`() async throws {
        let outbox = try directory.openOutbox()
        for number in 0..<2_500 {
            outbox.put(.numbered(number), now: .noon) { _ in }
            outbox.end("job-\(number)", .written(nil), now: .noon) { _ in }
        }
        await outbox.sweep(at: .noon)
        #expect(outbox.metrics.jobs.written == 2_500)
        await outbox.sweep(at: .noon.later(seconds: 86_400))
        #expect(outbox.metrics.jobs.written == 0)
        outbox.close()
    }

    @Test(arguments: [100, 20_000])
    func `nothing is left of an ended job's content, in no file`(_ padding: Int) async throws {
        let outbox = try directory.openOutbox()
        let secret = "Milo has a fractured femur"
        _ = await outbox.put(.numbered(1, content: secret + String(repeating: ".", count: padding)))
        _ = await outbox.put(.numbered(2))
        #expect(try directory.holds(secret))
        _ = await outbox.end("job-1", .written("7"))
        await outbox.sweep(at: .noon)
        #expect(try !directory.holds(secret))
        outbox.close()
        #expect(try !directory.holds(secret))
    }

    @Test func `there is no column for a credential`() async throws {
        let outbox = try directory.openOutbox()
        _ = await outbox.put(.numbered(1))
        let reader = try Disturber(directory.outbox)
        let columns = try await reader.strings("SELECT name FROM pragma_table_info('job') ORDER BY cid")
        let known = [
            "sequence", "id", "created", "put_at", "author_id", "author_name", "target", "content", "size", "twin",
            "delivered", "first_try", "tries", "ended", "ending", "record", "status",
        ]
        #expect(columns == known)
        outbox.close()
        try reader.close()
    }

    @Test func `beyond the limit of jobs or bytes none is put in until one has ended`() async throws {
        var limits = OutboxLimits(OutboxSettings())
        limits.jobs = 2
        limits.bytes = 100
        let outbox = try directory.openOutbox(limits)
        let content = String(repeating: "x", count: 40)
        #expect(await outbox.put(.numbered(1, content: content)) == .stored)
        #expect(await outbox.put(.numbered(2, content: content + content)) == .unavailable)
        #expect(await outbox.put(.numbered(3, content: content)) == .stored)
        #expect(await outbox.put(.numbered(4, content: "")) == .unavailable)
        #expect(await outbox.put(.numbered(5, twin: 1)) == .known("job-1"))
        outbox.close()
        let next = try directory.openOutbox(limits)
        #expect(await next.put(.numbered(4, content: "")) == .unavailable)
        _ = await next.end("job-1", .refused(422))
        #expect(await next.put(.numbered(4, content: content)) == .stored)
        next.close()
    }

    @Test func `when too much waits for the disk, the next caller is refused at once`() async throws {
        var limits = OutboxLimits(OutboxSettings())
        limits.queue = 2_000
        let outbox = try directory.openOutbox(limits)
        let gate = Gatekeeper()
        outbox.pending { _ in gate.hold() }
        await gate.isHeld()
        let answers = Mutex<[Int: OutboxPut]>([:])
        for number in 1...3 {
            outbox.put(.numbered(number, content: String(repeating: "x", count: 400)), now: .noon) { put in
                answers.withLock { $0[number] = put }
            }
        }
        #expect(answers.withLock { $0 } == [3: .unavailable])
        gate.letGo()
        #expect(await outbox.pending()?.map(\.id) == ["job-1", "job-2"])
        #expect(answers.withLock { $0 } == [1: .stored, 2: .stored, 3: .unavailable])
        outbox.close()
    }

    @Test func `one job that is larger than the room for waiting is taken when nothing else waits`() async throws {
        var limits = OutboxLimits(OutboxSettings())
        limits.queue = 1_000
        let outbox = try directory.openOutbox(limits)
        #expect(await outbox.pending() == [])
        #expect(await outbox.put(.numbered(1, content: String(repeating: "x", count: 5_000))) == .stored)
        outbox.close()
    }

    @Test func `only the owner can read what is kept`() async throws {
        let outbox = try directory.openOutbox()
        _ = await outbox.put(.numbered(1))
        for name in try directory.names { #expect(try directory.mode(of: name) == 0o600, "\(name)") }
        outbox.close()
    }
}
